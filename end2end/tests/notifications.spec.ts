import AxeBuilder from '@axe-core/playwright';
import type { Browser, BrowserContextOptions, Page } from '@playwright/test';
import { Person } from '../fixtures/people.ts';
import { expect, type News, type PushService, PushedTo, test } from '../fixtures/push.ts';
import { Screen } from '../fixtures/screen.ts';
import { test as withoutKeys } from '../fixtures/server.ts';

/** Somebody's browser, where they have turned notifications on and then left. */
interface Away {
  browser: PushedTo;
  screen: Screen;
  page: Page;
}

/** Logs in, in a browser that subscribes at the push service of the tests. */
async function prepared(
  person: Person,
  browser: Browser,
  push: PushService,
  options: BrowserContextOptions = {},
): Promise<Away> {
  const context = await browser.newContext({ baseURL: person.server.origin, ...options });
  const page = await context.newPage();
  const pushedTo = await PushedTo.prepare(page, push);
  const screen = new Screen(person, await person.logIn(page));
  await screen.ready();
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  return { browser: pushedTo, screen, page };
}

async function turnOn({ page, browser }: Away, origin: string): Promise<void> {
  await browser.permit(origin);
  await page.goto('/notifications');
  await page.getByRole('button', { name: '在这个浏览器开启' }).click();
  await expect(page.getByText('这个浏览器的通知已开启。')).toBeVisible();
  await expect(page.getByText('已开启。', { exact: true })).toBeVisible();
  await expect(page.getByRole('article')).toContainText('这个浏览器');
}

async function away(person: Person, browser: Browser, push: PushService): Promise<Away> {
  const all = await prepared(person, browser, push);
  await turnOn(all, person.server.origin);
  await all.browser.leave();
  return all;
}

/** How many notifications the server has not sent for a reason. */
async function suppressed(origin: string, reason: string): Promise<number> {
  const metrics = await (await fetch(`${origin}/metrics`)).text();
  const line = `zspchat_pushes_suppressed_total{reason="${reason}"} `;
  const found = metrics.split('\n').find((it) => it.startsWith(line));
  return Number(found?.slice(line.length) ?? 0);
}

/** What the server would tell of a message. */
function news(conversation: string, more: Partial<News>): Partial<News> {
  return { conversation, seq: 3, at: Date.now(), title: 'ben', body: '你好', lang: 'zh-CN', unread: 1, mention: false, ...more };
}

test('the worker shows one notification a conversation, with its newest message and their number', async ({
  browser,
  server,
  push,
}) => {
  const ann = await Person.register(server, 'ann');
  const { browser: at } = await away(ann, browser, push);
  const shown = async () => (await at.shown()).map(({ title, body }) => `${title}: ${body}`);
  await at.deliver(news('one', { seq: 3, body: '第一条' }), server.origin);
  await expect.poll(shown).toEqual(['ben: 第一条']);
  await at.deliver(news('one', { seq: 4, body: '第二条', unread: 2 }), server.origin);
  await expect.poll(shown).toEqual(['ben: [2条] 第二条']);
  // An older one that comes late, and the same again, show nothing new; what comes after them does.
  await at.deliver(news('one', { seq: 3, body: '第一条' }), server.origin);
  await at.deliver(news('one', { seq: 4, body: '再一次', unread: 9 }), server.origin);
  await at.deliver(news('two', { seq: 7, title: 'the team', body: 'cat: hi', lang: 'en', mention: true, unread: 3 }), server.origin);
  await expect
    .poll(async () => (await shown()).sort())
    .toEqual(['ben: [2条] 第二条', 'the team: [You were mentioned] [3] cat: hi']);
  await at.deliver(news('three', { body: null, title: null }), server.origin);
  await expect.poll(shown).toContain('zspchat: 新消息');
  await at.deliver(news('four', { body: null, lang: 'en' }), server.origin);
  await expect.poll(shown).toContain('ben: New message');
  await at.deliver('{', server.origin);
  await expect.poll(shown).toContain('zspchat: 新消息 · New messages');
});

test('who is away gets one notification a message, and a click leads to the conversation', async ({
  browser,
  server,
  push,
}) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  const { browser: at, screen } = await away(ann, browser, push);
  const shown = async () => (await at.shown()).map(({ title, body }) => `${title}: ${body}`);
  const arrives = async (count: number) => {
    const last = (await push.come(count)).at(-1);
    await at.deliver(last ?? '', server.origin);
  };
  await ben.say(chat, '在吗');
  await arrives(1);
  await expect.poll(() => at.shown()).toEqual([
    { title: 'ben', body: '在吗', tag: chat, url: `/chats/${chat}` },
  ]);
  await ben.say(chat, '明天见');
  await arrives(2);
  await expect.poll(shown).toEqual(['ben: [2条] 明天见']);
  expect(await at.click(chat)).toBe(`/chats/${chat}`);
  await expect.poll(shown).toEqual([]);

  // Read meanwhile on another device, and while a tab is open: nothing comes.
  const { seq } = await ben.say(chat, '别处读过');
  await ann.ask('PUT', `conversations/${chat}/read`, { seq });
  await screen.goto('/contacts');
  await expect(screen.page.locator('.rail .dot')).toBeVisible();
  await ben.say(chat, '正开着');
  await expect.poll(() => suppressed(server.origin, 'online')).toBe(1);
  await at.leave();
  await ben.say(chat, '又走了');
  await arrives(3);
  await expect.poll(shown).toEqual(['ben: [2条] 又走了']);
  // Who is logged out here is told nothing here.
  await screen.goto('/settings');
  await screen.page.getByRole('button', { name: '退出登录' }).click();
  await screen.page.getByRole('dialog').getByRole('button', { name: '清除记录并退出' }).click();
  await expect(screen.page).toHaveURL(/\/login$/);
  const { subscriptions } = await ann.ask<{ subscriptions: unknown[] }>('GET', 'me/push');
  expect(subscriptions).toEqual([]);
});

test('what is pushed is what the reader has chosen', async ({ browser, server, push }) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const [chat, group] = [await ann.with(ben), await ben.group('the group', ann)];
  const all = await prepared(ann, browser, push);
  await turnOn(all, server.origin);
  const { page, browser: at } = all;
  const save = async () => {
    await page.getByRole('button', { name: '保存' }).click();
    await expect(page.getByText('已保存。')).toBeVisible();
  };
  await page.getByLabel('显示消息内容').uncheck();
  await page.getByLabel('群聊只通知 @ 我的消息').check();
  await save();
  await ben.say(group, '大家好');
  await ben.say(group, '你好', { mentions: [ann.id] });
  const [called] = await push.come(1);
  expect(called).toMatchObject({ conversation: group, body: null, mention: true, unread: 2 });
  await at.leave();
  await at.deliver(called ?? '', server.origin);
  await expect.poll(() => at.shown()).toMatchObject([
    { title: 'the group', body: '[有人@我] [2条] 新消息', url: `/chats/${group}` },
  ]);

  const time = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16);
  await page.goto('/notifications');
  await page.getByLabel('免打扰时段').check();
  await page.getByLabel('从', { exact: true }).fill(time(-2));
  await page.getByLabel('到', { exact: true }).fill(time(2));
  await page.getByLabel('时区').fill('UTC');
  await save();
  await ben.say(chat, '夜里');
  await expect.poll(() => suppressed(server.origin, 'quiet')).toBe(1);
  await page.getByLabel('免打扰时段').uncheck();
  await save();
  await ann.ask('PUT', `conversations/${group}/preferences`, { silenced: true });
  await ben.say(group, '你好', { mentions: [ann.id] });
  await expect.poll(() => suppressed(server.origin, 'silenced')).toBe(1);
  await ben.say(chat, '早上');
  expect((await push.come(2)).at(-1)).toMatchObject({ conversation: chat, unread: 2 });
});

test('nothing is shown while a tab is to be seen; reading clears a conversation, logging out all', async ({
  browser,
  server,
  push,
}) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  await ben.say(chat, '在吗');
  const { browser: at, screen, page } = await away(ann, browser, push);
  const tags = async () => (await at.shown()).map(({ tag }) => tag).sort();
  await at.deliver(news(chat, { seq: 2 }), server.origin);
  await at.deliver(news('another', {}), server.origin);
  await expect.poll(tags).toEqual(['another', chat].sort());
  await screen.goto(`/chats/${chat}`);
  await expect.poll(tags).toEqual(['another']);
  // A tab is open: what is pushed now, and again once nobody looks, is known already.
  await at.deliver(news('seen', {}), server.origin);
  await at.deliver(news('another', { seq: 3 }), server.origin);
  await at.leave();
  await at.deliver(news('seen', {}), server.origin);
  await at.deliver(news('unseen', {}), server.origin);
  await expect.poll(tags).toEqual(['another', 'unseen']);
  await screen.goto('/settings');
  await page.getByRole('button', { name: '退出登录' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '清除记录并退出' }).click();
  await expect(page).toHaveURL(/\/login$/);
  await expect.poll(tags).toEqual([]);
});

test('a click leads to the conversation, in the tab that is open or in a new one', async ({
  browser,
  server,
  push,
}) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  await ben.say(chat, '在吗');
  const { browser: at, screen, page } = await away(ann, browser, push);
  await at.deliver(news(chat, { seq: 2 }), server.origin);
  await expect.poll(async () => (await at.shown()).length).toBe(1);
  expect(await at.click(chat)).toBe(`/chats/${chat}`);
  await expect.poll(() => at.shown()).toEqual([]);

  // Without loading anew: what is written there stays.
  await at.deliver(news(chat, { seq: 3 }), server.origin);
  await expect.poll(async () => (await at.shown()).length).toBe(1);
  await screen.goto('/settings');
  const name = page.getByRole('textbox', { name: '昵称' });
  await name.fill('not saved');
  await page.evaluate(() => Object.assign(window, { stays: true }));
  expect(await at.click(chat)).toBeNull();
  await expect(page).toHaveURL(new RegExp(`/chats/${chat}$`));
  await expect(screen.message('在吗')).toBeVisible();
  expect(await page.evaluate(() => 'stays' in window)).toBe(true);
});

test('a tab that nobody sees tells of what it hears, as the reader wants it', async ({
  browser,
  server,
  push,
}) => {
  const [ann, ben, cat] = await Person.friends(server, 'ann', 'ben', 'cat');
  const [chat, group] = [await ann.with(ben), await ben.group('the group', ann, cat)];
  const all = await prepared(ann, browser, push);
  const { browser: at, screen, page } = all;
  await turnOn(all, server.origin);
  await page.addInitScript(() => {
    Object.defineProperty(Document.prototype, 'hidden', { get: () => true });
  });
  const open = async () => {
    await screen.goto('/chats');
    await at.hideTabs();
  };
  await open();
  await ben.say(chat, '第一条');
  await ben.say(chat, '第二条');
  const shown = async () => (await at.shown()).map(({ title, body }) => `${title}: ${body}`);
  await expect.poll(shown).toEqual(['ben: [2条] 第二条']);
  // The stream was open: the server pushed nothing.
  expect(await push.pushed()).toEqual([]);
  const { seq } = await ben.say(chat, '第三条');
  await expect.poll(shown).toEqual(['ben: [3条] 第三条']);
  await ann.ask('PUT', `conversations/${chat}/read`, { seq });
  await expect.poll(shown).toEqual([]);

  await ann.ask('PUT', 'me/push/settings', { text: false, mentions_only: true });
  await page.goto('/notifications');
  await page.getByRole('button', { name: '保存' }).click();
  await open();
  await ben.say(group, '大家好');
  await ben.say(group, '@ann', { mentions: [ann.id] });
  await expect.poll(shown).toEqual(['the group: [有人@我] [2条] 新消息']);
  // Silenced ones are never told, and neither is what comes in quiet hours.
  await ann.ask('PUT', `conversations/${group}/preferences`, { silenced: true });
  await ann.ask('PUT', `conversations/${group}/read`, { seq: (await ann.conversation(group)).head });
  await expect.poll(shown).toEqual([]);
  await ben.say(group, '@ann', { mentions: [ann.id] });
  await ben.say(chat, '第四条');
  await expect.poll(shown).toEqual(['ben: 新消息']);
});

test('the page says what is chosen, and takes it by a form; browsers are removed there', async ({
  browser,
  server,
  push,
}) => {
  const ann = await Person.register(server, 'ann');
  const all = await prepared(ann, browser, push);
  await turnOn(all, server.origin);
  const { page } = all;
  await page.getByLabel('显示消息内容').uncheck();
  await page.getByLabel('群聊只通知 @ 我的消息').check();
  await page.getByLabel('免打扰时段').check();
  await page.getByLabel('从', { exact: true }).fill('22:30');
  await page.getByLabel('到', { exact: true }).fill('06:15');
  await page.getByLabel('时区').fill('Europe/Nowhere');
  await page.getByRole('button', { name: '保存' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.getByLabel('显示消息内容')).not.toBeChecked();
  await expect(page.getByLabel('从', { exact: true })).toHaveValue('22:30');
  await page.getByLabel('时区').fill('Europe/Berlin');
  await page.getByRole('button', { name: '保存' }).click();
  await expect(page.getByText('已保存。')).toBeVisible();
  const { settings } = await ann.ask<{ settings: unknown }>('GET', 'me/push');
  expect(settings).toEqual({
    text: false,
    mentions_only: true,
    quiet: { from: 1350, to: 375, time_zone: 'Europe/Berlin' },
  });
  await expect(page.getByLabel('群聊只通知 @ 我的消息')).toBeChecked();
  await expect(page.getByLabel('免打扰时段')).toBeChecked();
  await expect(page.getByLabel('到', { exact: true })).toHaveValue('06:15');
  await page.getByRole('article').getByRole('button', { name: '关闭通知' }).click();
  await expect(page.getByText('那个浏览器不再接收通知。')).toBeVisible();
  await expect(page.getByRole('article')).toHaveCount(0);
  await expect(page.getByRole('button', { name: '在这个浏览器开启' })).toBeVisible();
});

test('where they cannot be turned on, the page says why and what to do', async ({ browser, server, push }) => {
  const ann = await Person.register(server, 'ann');
  const { browser: at, page, screen } = await prepared(ann, browser, push);
  const button = page.getByRole('button', { name: '在这个浏览器开启' });
  await at.permit(server.origin, 'denied');
  await page.goto('/notifications');
  await expect(page.getByText('浏览器已禁止本站的通知')).toBeVisible();
  await expect(button).toBeHidden();
  await page.addInitScript(() => Reflect.deleteProperty(window, 'PushManager'));
  await page.goto('/notifications');
  await expect(page.getByText('这个浏览器不支持 Web Push')).toBeVisible();
  await expect(button).toBeHidden();
  await screen.goto('/settings');
  await expect(page.getByText('没有消息通知：')).toBeVisible();
  await page.addInitScript(() => {
    Object.defineProperty(window, 'isSecureContext', { get: () => false });
  });
  await page.goto('/notifications');
  await expect(page.getByText('浏览器只在 https 地址提供通知')).toBeVisible();
  await expect(button).toBeHidden();
});

test('a push service that this server does not speak to is refused in words', async ({ browser, server, push }) => {
  const ann = await Person.register(server, 'ann');
  const { browser: at, page } = await prepared(ann, browser, push);
  await at.permit(server.origin);
  await page.route('**/me/push/subscriptions', (route) =>
    route.continue({ postData: route.request().postData()?.replace(push.origin, 'https://push.example.org') ?? '' }),
  );
  await page.goto('/notifications');
  await page.getByRole('button', { name: '在这个浏览器开启' }).click();
  await expect(page.getByText('不向这个浏览器的推送服务发送')).toBeVisible();
  await page.unroute('**/me/push/subscriptions');
  await page.getByRole('button', { name: '在这个浏览器开启' }).click();
  await expect(page.getByText('这个浏览器的通知已开启。')).toBeVisible();
});

test('without script the page says so, and its forms work', async ({ browser, server }) => {
  const ann = await Person.register(server, 'ann');
  const { page } = await ann.open(browser, { javaScriptEnabled: false });
  await page.goto('/settings');
  await page.getByRole('link', { name: '消息通知' }).click();
  await expect(page.getByText('这里的按钮需要脚本')).toBeVisible();
  await expect(page.getByRole('button', { name: '在这个浏览器开启' })).toHaveCount(0);
  await page.getByLabel('显示消息内容').uncheck();
  await page.getByRole('button', { name: '保存' }).click();
  await expect(page.getByText('已保存。')).toBeVisible();
  await expect(page.getByLabel('显示消息内容')).not.toBeChecked();
});

test('notifications are offered once in a browser', async ({ browser, server, push }) => {
  const [ann, ben] = [await Person.register(server, 'ann'), await Person.register(server, 'ben')];
  const { page, screen } = await prepared(ann, browser, push);
  const offer = page.getByRole('region', { name: '消息通知' });
  await expect(offer).toBeVisible();
  await screen.goto('/contacts');
  await expect(offer).toHaveCount(0);
  await screen.goto('/chats');
  await offer.getByRole('button', { name: '暂不' }).click();
  await expect(offer).toHaveCount(0);
  await screen.goto('/chats');
  await expect(offer).toHaveCount(0);
  // Not to anybody else there either.
  await page.context().clearCookies({ name: 'session' });
  await ben.logIn(page);
  await screen.ready();
  await expect(offer).toHaveCount(0);

  const other = await prepared(ann, browser, push);
  const there = other.page.getByRole('region', { name: '消息通知' });
  await there.getByRole('link', { name: '开启' }).click();
  await expect(other.page.getByRole('button', { name: '在这个浏览器开启' })).toBeVisible();
  await other.screen.goto('/chats');
  await expect(there).toHaveCount(0);
});

withoutKeys('without keys nothing is offered, and the page says who has to do what', async ({ browser, server }) => {
  const ann = await Person.register(server, 'ann');
  const screen = await (await ann.open(browser)).ready();
  await expect(screen.page.getByRole('region', { name: '消息通知' })).toHaveCount(0);
  await screen.page.goto('/notifications');
  await expect(screen.page.getByText('还没有设置推送密钥')).toBeVisible();
  await expect(screen.page.getByRole('button')).toHaveCount(0);
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const viewport of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
    test(`page and offer can be read by everybody, ${colorScheme}, ${viewport.width}`, async ({
      browser,
      server,
      push,
    }) => {
      const ann = await Person.register(server, 'ann');
      const all = await prepared(ann, browser, push, { colorScheme, viewport });
      const { page } = all;
      const check = async (what: string) => {
        const { violations } = await new AxeBuilder({ page })
          .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
          .analyze();
        expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), what).toEqual([]);
        const wide = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(wide, `${what} is wider than the window`).toBeLessThanOrEqual(0);
      };
      await expect(page.getByRole('region', { name: '消息通知' })).toBeVisible();
      await check('the offer');
      await page.goto('/notifications');
      await expect(page.getByRole('button', { name: '在这个浏览器开启' })).toBeVisible();
      await check('turned off');
      await turnOn(all, server.origin);
      await check('turned on');
    });
  }
}
