import { Person } from '../fixtures/people.ts';
import { expect, test } from '../fixtures/server.ts';

test('profile, privacy and display are changed', async ({ browser, server }) => {
  const anna = await Person.register(server, 'anna');
  const { page } = await (await anna.open(browser)).goto('/settings');
  await page.getByRole('textbox', { name: '昵称' }).fill('Anna 安');
  await page.getByRole('textbox', { name: '个性签名' }).fill('慢慢走');
  await page.getByRole('button', { name: '保存' }).click();
  await expect(page.getByRole('heading', { name: 'Anna 安' })).toBeVisible();
  const invisible = page.getByRole('switch', { name: '隐身' });
  await invisible.click();
  await expect(invisible).toBeChecked();
  const me = await anna.ask<{ invisible: boolean; user: { signature: string } }>('GET', 'me');
  expect([me.invisible, me.user.signature]).toEqual([true, '慢慢走']);
  await page.getByRole('radio', { name: '深色' }).check();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.getByRole('radio', { name: 'English' }).check();
  await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
  await expect(page.getByRole('radio', { name: 'Dark' })).toBeChecked();
});

test('the key that sends is chosen on this device', async ({ browser, server }) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const screen = await (await anna.open(browser)).goto('/settings');
  const { page } = screen;
  await page.getByRole('radio', { name: 'Ctrl+Enter 发送' }).check();
  await screen.goto('/settings');
  await expect(page.getByRole('radio', { name: 'Ctrl+Enter 发送' })).toBeChecked();
  await screen.goto(`/chats/${await anna.with(ben)}`);
  await screen.composer.fill('一');
  await screen.composer.press('Enter');
  await expect(screen.composer).toHaveValue('一\n');
  await screen.composer.press('Control+Enter');
  await expect(screen.inState('sent')).toHaveCount(1);
});

test('the history is exported, cleared and imported', async ({ browser, server }) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  await ben.say(await anna.with(ben), '你好');
  const screen = await anna.open(browser);
  const { page } = screen;
  const count = page.locator('dt', { hasText: '本机记录' }).locator('+ dd');
  // It is counted when the page opens, and the history of a new browser comes soon after.
  await expect(async () => {
    await screen.goto('/settings');
    await expect(count).toHaveText(/^[1-9]/, { timeout: 1_000 });
  }).toPass();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: '导出聊天记录' }).click();
  const file = await (await download).path();
  await page.getByRole('button', { name: '清除本机记录' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '清除本机记录' }).click();
  await expect(page.getByText('已清除，正在重新取得最近的消息。')).toBeVisible();
  await page.getByLabel('导入聊天记录').setInputFiles(file);
  await expect(page.getByText(/已导入，新增 \d+ 条记录。/)).toBeVisible();
});

test('logging out asks what stays, and says what was not sent', async ({ browser, server }) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const screen = await (await anna.open(browser)).goto(`/chats/${await anna.with(ben)}`);
  const { page } = screen;
  await page.route('**/commands', (route) => route.abort());
  await screen.say('一');
  await expect(screen.inState('waiting')).toHaveCount(1);
  await page.getByRole('link', { name: '设置' }).click();
  await page.getByRole('button', { name: '退出登录' }).click();
  const dialog = page.getByRole('dialog', { name: '退出登录' });
  await expect(dialog).toContainText('还有 1 条消息没有发出');
  await dialog.getByRole('button', { name: '保留记录并退出' }).click();
  await expect(page).toHaveURL(/\/login$/);
  await page.unroute('**/commands');
  await anna.logIn(page);
  await expect.poll(async () => ben.texts(await ben.with(anna))).toEqual(['一']);
});

test('without script profile, display and log-out are plain forms', async ({ browser, server }) => {
  const anna = await Person.register(server, 'anna');
  const { page } = await anna.open(browser, { javaScriptEnabled: false });
  await page.goto('/settings');
  await expect(page.getByRole('switch')).toHaveCount(0);
  await page.getByRole('textbox', { name: '昵称' }).fill('长'.repeat(33));
  await page.getByRole('button', { name: '保存' }).first().click();
  await expect(page.getByRole('alert')).toHaveText('太长了，最多 32。');
  await page.getByRole('textbox', { name: '昵称' }).fill('安');
  await page.getByRole('button', { name: '保存' }).first().click();
  await expect(page.getByRole('heading', { name: '安', exact: true })).toBeVisible();
  await page.getByRole('radio', { name: 'English' }).check();
  await page.getByRole('radio', { name: '深色' }).check();
  await page.getByRole('button', { name: '保存' }).last().click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.getByRole('button', { name: 'Log out' }).click();
  await expect(page).toHaveURL(/\/login$/);
});

test('an address where nothing is says so', async ({ browser, server }) => {
  const anna = await Person.register(server, 'anna');
  const { page } = await anna.open(browser);
  expect((await page.goto('/nothing/here'))?.status()).toBe(404);
  await expect(page.getByRole('heading', { name: '没有这个页面' })).toBeVisible();
  expect((await page.goto('/contacts/groups'))?.status()).toBe(200);
  await expect(page.getByRole('heading', { name: '群聊' })).toBeVisible();
});
