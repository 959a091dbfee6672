import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from '@playwright/test';
import { Person } from '../fixtures/people.ts';
import { expect, test, type Provider } from '../fixtures/provider.ts';
import type { Server } from '../fixtures/server.ts';

/** A browser of its own, at the door. */
async function door(browser: Browser, server: Server, javaScriptEnabled = true): Promise<Page> {
  const context = await browser.newContext({ baseURL: server.origin, javaScriptEnabled });
  const page = await context.newPage();
  await page.goto('/login');
  return page;
}

async function setOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: '公司账号' }).click();
}

/** The first time: through the provider, and with a handle. */
async function register(page: Page, provider: Provider, id: string): Promise<void> {
  await setOut(page);
  await provider.pass(page, id);
  await page.waitForURL('**/register/identity');
  await page.getByRole('button', { name: '注册' }).click();
  await page.waitForURL('**/chats');
}

/** The log-in page again, with why. */
async function isRefused(page: Page, why: string): Promise<void> {
  await expect(page).toHaveURL(/\/login\?refused=/);
  await expect(page.getByRole('alert')).toContainText(why);
  await expect(page.getByRole('button', { name: '公司账号' })).toBeVisible();
}

for (const script of [true, false]) {
  test(`one registers with a handle and logs in again, ${script ? 'with' : 'without'} script`, async ({
    browser,
    server,
    provider,
  }) => {
    const page = await door(browser, server, script);
    await setOut(page);
    await provider.pass(page, 'lin');
    await expect(page).toHaveURL(/\/register\/identity$/);
    await expect(page.getByText('公司账号 已确认你的身份')).toBeVisible();
    await expect(page.getByLabel('账号')).toHaveValue('lin');
    await expect(page.getByLabel('昵称')).toHaveValue('lin 先生');
    await expect(page.getByLabel('密码')).toHaveCount(0);
    await page.getByLabel('账号').fill('Lin!');
    await page.getByRole('button', { name: '注册' }).click();
    await expect(page.getByRole('alert')).toBeVisible();
    await expect(page.getByLabel('昵称')).toHaveValue('lin 先生');
    await page.getByLabel('账号').fill('xiao_lin');
    await page.getByRole('button', { name: '注册' }).click();
    await expect(page).toHaveURL(/\/chats$/);
    await expect(page.getByRole('main')).toContainText('文件传输助手');

    const elsewhere = await door(browser, server, script);
    await setOut(elsewhere);
    await provider.pass(elsewhere, 'lin');
    await expect(elsewhere).toHaveURL(/\/chats$/);
    await elsewhere.goto('/settings');
    await expect(elsewhere.locator('dl.facts').first()).toContainText('xiao_lin');
  });
}

test('a shared computer is a choice here too', async ({ browser, server, provider }) => {
  const page = await door(browser, server);
  await page.getByLabel('这是公用电脑').check();
  await register(page, provider, 'lin');
  const session = async (at: Page) =>
    (await at.context().cookies()).find((cookie) => cookie.name === 'session');
  expect((await session(page))?.expires).toBe(-1);
  await page.goto('/security');
  await expect(page.getByText('公用电脑', { exact: true })).toBeVisible();

  const own = await door(browser, server);
  await setOut(own);
  await provider.pass(own, 'lin');
  await own.waitForURL('**/chats');
  expect((await session(own))?.expires).toBeGreaterThan(0);
});

test('the pages are accessible', async ({ browser, server, provider }) => {
  const page = await door(browser, server);
  const violations = async () => (await new AxeBuilder({ page }).analyze()).violations;
  expect(await violations()).toEqual([]);
  await setOut(page);
  await provider.pass(page, 'lin');
  await page.waitForURL('**/register/identity');
  expect(await violations()).toEqual([]);
  await page.getByRole('button', { name: '注册' }).click();
  await page.waitForURL('**/chats');
  await page.goto('/security?refused=last_way_in');
  await expect(page.getByRole('alert')).toContainText('最后一种');
  expect(await violations()).toEqual([]);
});

test('an account is linked, logs in, and is unlinked', async ({ browser, server, provider }) => {
  const anna = await Person.register(server, 'anna');
  const { page } = await (await anna.open(browser)).goto('/settings');
  await page.getByRole('link', { name: '登录与安全' }).click();
  await page.getByRole('button', { name: '绑定 公司账号', exact: true }).click();
  await provider.pass(page, 'anna.w');
  await expect(page).toHaveURL(/\/security\?done=linked$/);
  const linked = page.getByRole('article', { name: '公司账号' });
  await expect(linked).toContainText('anna.w 先生');
  await expect(page.getByRole('button', { name: '绑定 公司账号', exact: true })).toHaveCount(0);

  const elsewhere = await door(browser, server);
  await setOut(elsewhere);
  await provider.pass(elsewhere, 'anna.w');
  await expect(elsewhere).toHaveURL(/\/chats$/);

  await linked.getByRole('button', { name: '解除绑定' }).click();
  await expect(linked).toHaveCount(0);
  await expect(page.getByRole('button', { name: '绑定 公司账号', exact: true })).toBeVisible();
  const later = await door(browser, server);
  await setOut(later);
  await provider.pass(later, 'anna.w');
  await expect(later).toHaveURL(/\/register\/identity$/);
});

test('the last way in stays, and what is somebody else’s is not linked', async ({ browser, server, provider }) => {
  const page = await door(browser, server);
  await register(page, provider, 'lin');
  await page.goto('/security');
  await page.getByRole('button', { name: '解除绑定' }).click();
  await expect(page.getByRole('alert')).toContainText('最后一种登录方式');
  await expect(page.getByText('lin 先生')).toBeVisible();

  const anna = await Person.register(server, 'anna');
  const theirs = (await anna.open(browser)).page;
  await theirs.goto('/security');
  await theirs.getByRole('button', { name: '绑定 公司账号', exact: true }).click();
  await provider.pass(theirs, 'lin');
  await expect(theirs.getByRole('alert')).toContainText('已经绑定了别的用户');
});

test('who declines is told so, and can try again', async ({ browser, server, provider }) => {
  const page = await door(browser, server);
  await setOut(page);
  await provider.logIn(page, 'lin');
  await provider.decide(page, 'Decline');
  await isRefused(page, '没有同意');
  await setOut(page);
  await provider.decide(page, 'Agree');
  await expect(page).toHaveURL(/\/register\/identity$/);
});

test('a tampered state is not taken', async ({ browser, server, provider }) => {
  provider.tamper = (back) => back.searchParams.set('state', '0'.repeat(64));
  const page = await door(browser, server);
  await setOut(page);
  await provider.pass(page, 'lin');
  await isRefused(page, '请重新开始');
});

test('an answer counts once, and in its own browser', async ({ browser, server, provider }) => {
  const page = await door(browser, server);
  await register(page, provider, 'lin');
  const used = provider.sentBackTo;
  await page.context().clearCookies({ name: 'session' });
  await page.goto(used);
  await isRefused(page, '请重新开始');

  // One that was not used yet, in the browser of somebody who was sent it.
  const theirs = await door(browser, server);
  await setOut(theirs);
  await provider.logIn(theirs, 'mallory');
  await theirs.route(`${server.origin}/**`, (route) => route.abort());
  await provider.decide(theirs, 'Agree');
  await expect.poll(() => provider.sentBackTo).not.toBe(used);
  await page.goto(provider.sentBackTo);
  await isRefused(page, '请重新开始');
});

test('a token for another log-in is not believed', async ({ browser, server, provider }) => {
  provider.nonce = 'of-another';
  const page = await door(browser, server);
  await setOut(page);
  await provider.pass(page, 'lin');
  await isRefused(page, '无法核实');
  expect(server.log).toContain('nonce');
});

test('an answer of another issuer is not taken', async ({ browser, server, provider }) => {
  provider.tamper = (back) => back.searchParams.set('iss', 'https://evil.example.org');
  const page = await door(browser, server);
  await setOut(page);
  await provider.pass(page, 'lin');
  await isRefused(page, '无法核实');
});

test('a provider that is away is said to be, and the door stays open', async ({ browser, server, provider }) => {
  await provider.stop();
  const page = await door(browser, server);
  await setOut(page);
  await isRefused(page, '没有正常应答');
  await provider.start();
  await register(page, provider, 'lin');

  const anna = await Person.register(server, 'anna');
  await provider.stop();
  await anna.open(browser);
});

test('a provider may change its keys', async ({ browser, server, provider }) => {
  await register(await door(browser, server), provider, 'lin');
  await provider.rotate();
  const page = await door(browser, server);
  await setOut(page);
  await provider.pass(page, 'lin');
  await expect(page).toHaveURL(/\/chats$/);
});
