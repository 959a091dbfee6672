import type { BrowserContext, Page } from '@playwright/test';
import { createHmac } from 'node:crypto';
import { PASSWORD, Person } from '../fixtures/people.ts';
import { expect, test } from '../fixtures/server.ts';

/** What a browser holds of the site besides cookies. */
async function held(page: Page): Promise<{ databases: (string | undefined)[]; stored: string[] }> {
  return page.evaluate(async () => ({
    databases: (await indexedDB.databases()).map(({ name }) => name),
    stored: Object.keys(localStorage),
  }));
}

const NOTHING = { databases: [], stored: [] };

test('a device that is logged out from another one leaves at once, and keeps nothing', async ({
  browser,
  server,
}) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  await ben.say(chat, 'secret');
  const home = await ann.open(browser);
  const lost = await ann.open(browser);
  await lost.goto(`/chats/${chat}`);
  await expect(lost.message('secret')).toBeVisible();
  const closed = await ann.open(browser);
  await closed.goto(`/chats/${chat}`);
  await expect(closed.message('secret')).toBeVisible();
  await closed.page.goto('about:blank');

  await home.goto('/settings');
  await home.page.getByRole('link', { name: '登录与安全' }).click();
  await expect(home.page.getByRole('heading', { name: '登录与安全' })).toBeVisible();
  // The program that registered is one of them.
  await expect(home.page.getByRole('article')).toHaveCount(4);
  await expect(home.page.getByRole('article').first()).toContainText('这台设备');
  // What does not fit into the window can be scrolled to, as a reader would.
  const endOthers = home.page.getByRole('button', { name: '退出其他所有设备' });
  await expect(endOthers).not.toBeInViewport();
  await home.page.mouse.move(640, 400);
  await home.page.mouse.wheel(0, 10_000);
  await expect(endOthers).toBeInViewport();
  await endOthers.click();
  await expect(home.page.getByRole('status')).toHaveText('其他设备都已退出。');
  await expect(home.page.getByRole('article')).toHaveCount(1);

  await expect(lost.page).toHaveURL(/\/login$/);
  await expect.poll(() => held(lost.page)).toEqual(NOTHING);
  // One that was not open is told when it is opened.
  await closed.page.goto('/chats');
  await expect(closed.page).toHaveURL(/\/login$/);
  await expect.poll(() => held(closed.page)).toEqual(NOTHING);
  // The one that did it goes on.
  await home.goto(`/chats/${chat}`);
  await home.say('still here');
  await expect(home.message('still here')).toHaveAttribute('data-state', 'sent');
});

test('a new password counts from the next log-in on, and others are logged out', async ({
  browser,
  server,
}) => {
  const ann = await Person.register(server, 'ann');
  const home = await ann.open(browser);
  const other = await ann.open(browser);
  await other.ready();
  const { page } = home;
  const change = async (current: string, password: string) => {
    await page.goto('/security');
    const form = page.getByRole('region', { name: '修改密码' });
    await form.getByLabel('当前密码').fill(current);
    await form.getByLabel('新密码').fill(password);
    await form.getByRole('button', { name: '修改密码' }).click();
  };
  await change('not this one', 'another password');
  await expect(page.getByRole('alert')).toHaveText('不对，请核对后重试。');
  await change(PASSWORD, 'another password');
  await expect(page.getByRole('status')).toHaveText('密码已修改，其他设备已退出。');
  await expect(other.page).toHaveURL(/\/login$/);
  const logIn = async (password: string) => {
    await other.page.goto('/login');
    await other.page.locator('input[name=handle]').fill('ann');
    await other.page.locator('input[name=password]').fill(password);
    await other.page.locator('input[name=password]').press('Enter');
  };
  await logIn(PASSWORD);
  await expect(other.page.getByRole('alert')).toBeVisible();
  await logIn('another password');
  await expect(other.page).toHaveURL(/\/chats$/);
});

/** The code that an authenticator app shows at a time, by RFC 6238. */
function code(secret: string, at: number): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((it) => letters.indexOf(it).toString(2).padStart(5, '0')).join('');
  const bytes = bits.match(/.{8}/g)?.map((it) => Number.parseInt(it, 2)) ?? [];
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const hash = createHmac('sha1', Buffer.from(bytes)).update(step).digest();
  const number = hash.readUInt32BE((hash.at(-1) ?? 0) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

test('with two steps, a log-in asks for the code of the app', async ({ browser, server }) => {
  const ann = await Person.register(server, 'ann');
  const { page } = await ann.open(browser);
  await page.goto('/security');
  await page.getByRole('button', { name: '开启两步验证' }).click();
  await expect(page.getByRole('img', { name: '二维码' }).locator('svg')).toBeVisible();
  const secret = (await page.locator('code').innerText()).replaceAll(' ', '');
  await page.getByLabel('验证码').fill(code(secret, Date.now()));
  await page.getByRole('button', { name: '验证并开启' }).click();
  await expect(page.getByRole('status')).toContainText('两步验证已开启');
  await expect(page.locator('.codes li')).toHaveCount(10);

  const other = await (await browser.newContext({ baseURL: server.origin })).newPage();
  await other.goto('/login');
  await other.locator('input[name=handle]').fill('ann');
  await other.locator('input[name=password]').fill(PASSWORD);
  await other.locator('input[name=password]').press('Enter');
  await expect(other.getByRole('heading', { name: '输入验证码' })).toBeVisible();
  await expect(other.getByLabel('验证码')).toBeFocused();
  await other.keyboard.type('000000');
  await other.keyboard.press('Enter');
  await expect(other.getByRole('alert')).toBeVisible();
  // The one by which it was turned on was used up.
  await other.getByLabel('验证码').fill(code(secret, Date.now() + 30_000));
  await other.getByLabel('验证码').press('Enter');
  await expect(other).toHaveURL(/\/chats$/);
});

test('on a shared computer nothing stays once the browser was closed', async ({
  browser,
  server,
}) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  await ben.say(chat, 'secret');
  const context = await browser.newContext({ baseURL: server.origin });
  const page = await context.newPage();
  const elsewhere = await ann.open(browser);
  await page.goto('/login');
  await page.locator('input[name=handle]').fill('ann');
  await page.locator('input[name=password]').fill(PASSWORD);
  await page.getByLabel(/公用电脑/).check();
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await page.waitForURL('**/chats');
  await page.goto(`/chats/${chat}`);
  await expect(page.getByRole('log')).toContainText('secret');
  await closeBrowser(context);
  const back = await context.newPage();
  await back.goto('/chats');
  await expect(back).toHaveURL(/\/login$/);
  await expect.poll(() => held(back)).toEqual(NOTHING);

  // Elsewhere it is seen to be one.
  await elsewhere.page.goto('/security');
  await expect(elsewhere.page.getByRole('article').filter({ hasText: '公用电脑' })).toHaveCount(1);
});

/** What a browser does when it is closed: pages go, and cookies without an age. */
async function closeBrowser(context: BrowserContext): Promise<void> {
  for (const page of context.pages()) await page.close();
  const cookies = await context.cookies();
  await context.clearCookies();
  await context.addCookies(cookies.filter(({ expires }) => expires !== -1));
}
