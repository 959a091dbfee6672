import AxeBuilder from '@axe-core/playwright';
import { Person } from '../fixtures/people.ts';
import { expect, prepared, test, turnOn } from '../fixtures/push.ts';
import { test as withoutKeys } from '../fixtures/server.ts';

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
