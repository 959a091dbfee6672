import AxeBuilder from '@axe-core/playwright';
import type { Browser, BrowserContextOptions, Page } from '@playwright/test';
import jsQR from 'jsqr';
import { PNG } from 'pngjs';
import { PASSWORD, Person } from '../fixtures/people.ts';
import { expect, test } from '../fixtures/server.ts';
import type { Server } from '../fixtures/server.ts';

/** Where a device asks what became of its code. */
const WAIT = '/login/qr/wait';

/** A device that nobody is logged in at, and that shows a QR code. */
async function newDevice(
  browser: Browser,
  server: Server,
  options: BrowserContextOptions = {},
  reloadsItself = true,
): Promise<Page> {
  const context = await browser.newContext({ baseURL: server.origin, ...options });
  const page = await context.newPage();
  // Without an answer the page stays.
  if (!reloadsItself) await page.route(WAIT, (route) => route.fulfill({ status: 204 }));
  await page.goto('/login');
  await page.getByRole('button', { name: '扫码登录' }).click();
  await expect(page.getByRole('heading', { name: '扫码登录' })).toBeVisible();
  return page;
}

/** What a camera reads off the screen: it looks again when the page loads itself anew. */
async function scanned(device: Page): Promise<string> {
  let read = '';
  await expect(async () => {
    const image = PNG.sync.read(await device.getByRole('img', { name: '二维码' }).screenshot());
    const found = jsQR(new Uint8ClampedArray(image.data), image.width, image.height);
    if (found === null) throw new Error('no camera can read this QR code');
    read = found.data;
  }).toPass();
  return read;
}

/** The number that a device shows. */
async function number(device: Page): Promise<string> {
  return device.locator('dd').innerText();
}

async function letIn(phone: Page, typed: string): Promise<void> {
  await phone.getByLabel('新设备上显示的四位数字').fill(typed);
  await phone.getByRole('button', { name: '让它登录' }).click();
}

for (const javaScriptEnabled of [true, false]) {
  test(`a phone lets a computer in, ${javaScriptEnabled ? 'with' : 'without'} script`, async ({
    browser,
    server,
  }) => {
    const ann = await Person.register(server, 'ann');
    const { page: phone } = await ann.open(browser);
    const device = await newDevice(browser, server, { javaScriptEnabled });
    // It may be looked at for a while.
    await expect(device).toHaveURL(/\/login\/qr$/);
    await phone.goto(await scanned(device));
    await expect(phone.getByRole('heading', { name: '确认登录' })).toBeVisible();
    const asking = phone.getByRole('article');
    await expect(asking).toContainText('Chrome · Linux');
    await expect(asking).toContainText('127.0.0.1');
    await expect(asking).toContainText('与你现在的网络地址相同');
    await letIn(phone, await number(device));
    await expect(phone.getByRole('status')).toHaveText('新设备几秒内就会登录。');
    // By itself.
    await expect(device).toHaveURL(/\/chats$/);
    await expect(device.getByRole('main')).toContainText('文件传输助手');
    await phone.goto('/security');
    // The program that registered, the phone, the device.
    await expect(phone.getByRole('article')).toHaveCount(3);
  });
}

test('a phone that is not logged in does that first and comes back', async ({ browser, server }) => {
  await Person.register(server, 'ann');
  const device = await newDevice(browser, server);
  const context = await browser.newContext({ baseURL: server.origin });
  const phone = await context.newPage();
  await phone.goto(await scanned(device));
  await expect(phone).toHaveURL(/\/login$/);
  await phone.locator('input[name=handle]').fill('ann');
  await phone.locator('input[name=password]').fill(PASSWORD);
  await phone.locator('input[name=password]').press('Enter');
  await expect(phone.getByRole('heading', { name: '确认登录' })).toBeVisible();
  await letIn(phone, await number(device));
  await expect(device).toHaveURL(/\/chats$/);
});

test('a code is typed where nothing scans it, and one that was refused is replaced', async ({
  browser,
  server,
}) => {
  const ann = await Person.register(server, 'ann');
  const { page: home } = await ann.open(browser);
  const device = await newDevice(browser, server);
  const code = async () => device.locator('code').innerText();
  const type = async (text: string) => {
    await home.goto('/settings');
    await home.getByRole('link', { name: '登录与安全' }).click();
    await home.getByLabel('二维码下方的代码').fill(text);
    await home.getByLabel('二维码下方的代码').press('Enter');
  };
  await type('BCDF-GHJK');
  await expect(home.getByRole('alert')).toContainText('这个代码现在不能用');
  const first = await code();
  await type(first);
  await letIn(home, 'nine');
  await expect(home.getByRole('alert')).toHaveText('不对，请核对后重试。');
  await home.getByRole('button', { name: '拒绝' }).click();
  await expect(home.getByRole('status')).toHaveText('已拒绝，那台设备没有登录。');
  await expect(device.getByRole('status')).toHaveText('登录已被拒绝。');

  await device.getByRole('button', { name: '换一个二维码' }).click();
  await expect(device.getByRole('img', { name: '二维码' })).toBeVisible();
  await device.getByRole('button', { name: '这是公用电脑' }).click();
  await expect(device.getByText('公用电脑：关闭浏览器后不留下记录。')).toBeVisible();
  expect(await code()).not.toBe(first);
  await type((await code()).toLowerCase());
  await expect(home.getByRole('article')).toContainText('公用电脑');
  await letIn(home, await number(device));
  await expect(device).toHaveURL(/\/chats$/);
  await home.goto('/security');
  await expect(home.getByRole('article').filter({ hasText: '公用电脑' })).toHaveCount(1);
});

const SIZES = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
};

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`the pages can be read and scanned: ${size}, ${colorScheme}`, async ({
      browser,
      server,
    }, testInfo) => {
      const shown = { viewport, colorScheme };
      const check = async (page: Page, what: string) => {
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations, what).toEqual([]);
        const overhang = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(overhang, `${what} is wider than the window`).toBeLessThanOrEqual(0);
        await testInfo.attach(what, { body: await page.screenshot(), contentType: 'image/png' });
      };
      const ann = await Person.register(server, 'ann');
      const { page: phone } = await ann.open(browser, shown);
      const device = await newDevice(browser, server, shown, false);
      const address = new URL(await scanned(device));
      expect(address.pathname).toBe('/security/qr');
      expect(address.searchParams.get('code')).toBe(await device.locator('code').innerText());
      await check(device, 'code');
      await phone.goto(address.href);
      await check(phone, 'confirm');
      await phone.getByRole('button', { name: '拒绝' }).click();
      await expect(phone.getByRole('status')).toBeVisible();
      await check(phone, 'security');
      await device.unroute(WAIT);
      await device.goto(WAIT);
      await expect(device.getByRole('status')).toBeVisible();
      await check(device, 'refused');
    });
  }
}
