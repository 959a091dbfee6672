import { Person } from '../fixtures/people.ts';
import { away, expect, type News, prepared, test, turnOn } from '../fixtures/push.ts';

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
  // Again until it is seen: that it has been shown is written nowhere else.
  const unreadable = async () => {
    await at.wake('{', server.origin);
    return shown();
  };
  await expect.poll(unreadable, { intervals: [1_000] }).toContain('zspchat: 新消息 · New messages');
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
    await at.deliver(last ?? {}, server.origin);
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
  await at.deliver(called ?? {}, server.origin);
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
  await expect.poll(tags).toEqual([chat]);
  await at.deliver(news('another', { seq: 3 }), server.origin);
  await expect.poll(tags).toEqual(['another', chat].sort());
  await screen.goto(`/chats/${chat}`);
  await expect.poll(tags).toEqual(['another']);
  // A tab is open: what is pushed now, and again once nobody looks, is known already.
  await at.deliver(news('seen', {}), server.origin);
  await at.deliver(news('another', { seq: 4 }), server.origin);
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

test('what is read clears nothing that came later', async ({ browser, server, push }) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  const { seq } = await ben.say(chat, '在吗');
  const { browser: at, screen, page } = await away(ann, browser, push);
  const tags = async () => (await at.shown()).map(({ tag }) => tag).sort();
  // The tab that reads does not know of this one yet.
  await at.deliver(news(chat, { seq: seq + 1 }), server.origin);
  const read = page.waitForResponse(/\/read$/);
  await screen.goto(`/chats/${chat}`);
  await read;
  await at.leave();
  // In turn: after whatever the reading cleared.
  await at.deliver(news('another', {}), server.origin);
  await expect.poll(tags).toEqual(['another', chat].sort());
  await ben.say(chat, '还在吗');
  await screen.goto(`/chats/${chat}`);
  await expect.poll(tags).toEqual(['another']);
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

  // A tab in which the app has not come alive is loaded anew.
  await page.addInitScript(() => {
    const { serviceWorker } = navigator;
    if (serviceWorker) Object.defineProperty(serviceWorker, 'onmessage', { set: () => undefined });
  });
  await at.leave();
  await at.deliver(news(chat, { seq: 4 }), server.origin);
  await expect.poll(async () => (await at.shown()).length).toBe(1);
  await screen.goto('/contacts');
  expect(await at.click(chat)).toBeNull();
  await expect(page).toHaveURL(new RegExp(`/chats/${chat}$`));
});

test('a browser that is given another subscription tells the server', async ({ browser, server, push }) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const { browser: at } = await away(ann, browser, push);
  const { key } = await ann.ask<{ key: string }>('GET', 'me/push');
  await at.renew(await push.subscribe(key));
  const { subscriptions } = await ann.ask<{ subscriptions: unknown[] }>('GET', 'me/push');
  expect(subscriptions).toHaveLength(2);
  await ben.say(await ben.with(ann), '在吗');
  // The one that the browser has given up is gone once its push service says so.
  expect((await push.come(2)).map(({ body }) => body)).toEqual(['在吗', '在吗']);
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
  const second = await ben.say(chat, '第二条');
  await at.told(chat, second.seq);
  const shown = async () => (await at.shown()).map(({ title, body }) => `${title}: ${body}`);
  await expect.poll(shown).toEqual(['ben: [2条] 第二条']);
  // The stream was open: the server pushed nothing.
  expect(await push.pushed()).toEqual([]);
  const { seq } = await ben.say(chat, '第三条');
  await at.told(chat, seq);
  await expect.poll(shown).toEqual(['ben: [3条] 第三条']);
  await ann.ask('PUT', `conversations/${chat}/read`, { seq });
  await expect.poll(shown).toEqual([]);

  await ann.ask('PUT', 'me/push/settings', { text: false, mentions_only: true });
  await page.goto('/notifications');
  await page.getByRole('button', { name: '保存' }).click();
  await open();
  await ben.say(group, '大家好');
  const called = await ben.say(group, '@ann', { mentions: [ann.id] });
  await at.told(group, called.seq);
  await expect.poll(shown).toEqual(['the group: [有人@我] [2条] 新消息']);
  // Silenced ones are never told, and neither is what comes in quiet hours.
  await ann.ask('PUT', `conversations/${group}/preferences`, { silenced: true });
  await expect(page.getByRole('img', { name: '消息免打扰' })).toBeVisible();
  await ann.ask('PUT', `conversations/${group}/read`, { seq: (await ann.conversation(group)).head });
  await expect.poll(shown).toEqual([]);
  await ben.say(group, '@ann', { mentions: [ann.id] });
  const fourth = await ben.say(chat, '第四条');
  await at.told(chat, fourth.seq);
  await expect.poll(shown).toEqual(['ben: 新消息']);
});
