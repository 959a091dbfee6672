import type { Browser } from '@playwright/test';
import { Keys } from '../fixtures/keys.ts';
import { PASSWORD, Person } from '../fixtures/people.ts';
import { expect, test } from '../fixtures/server.ts';

/** Registers in a browser of one's own, by keyboard. */
async function register(browser: Browser, origin: string, handle: string): Promise<Keys> {
  const context = await browser.newContext({ baseURL: origin });
  const page = await context.newPage();
  const keys = new Keys(page);
  await page.goto('/login');
  await expect(page.locator('body[data-ready]')).toBeAttached();
  await keys.enter(page.getByRole('link', { name: '注册' }));
  await expect(page).toHaveURL('/register');
  await keys.type(page.getByRole('textbox', { name: '账号' }), handle);
  await keys.type(page.getByRole('textbox', { name: '密码' }), PASSWORD);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/chats');
  await expect(page.locator('body[data-ready]')).toBeAttached();
  return keys;
}

test('two people come from registering to their first messages by keyboard alone', async ({
  browser,
  server,
}) => {
  const anna = await register(browser, server.origin, 'anna');
  const ben = await register(browser, server.origin, 'ben');

  // Anna finds Ben by his handle, and asks.
  await anna.enter(anna.page.getByLabel('发起群聊或添加朋友'));
  await anna.enter(anna.page.getByRole('link', { name: '添加朋友' }));
  const handle = anna.page.getByRole('textbox', { name: '账号' });
  await expect(handle, 'the page is for typing a handle').toBeFocused();
  await anna.sees();
  await anna.page.keyboard.type('ben');
  await anna.page.keyboard.press('Enter');
  await expect(anna.page.locator('article.card')).toContainText('ben');
  await anna.type(anna.page.getByRole('textbox', { name: '附言' }), '我是 Anna');
  await anna.page.keyboard.press('Enter');
  await expect(anna.page.getByText('申请已发送，等待对方同意。').first()).toBeVisible();

  // Ben sees that somebody asks, and accepts.
  await ben.enter(ben.page.getByRole('link', { name: '通讯录，1 个新申请' }));
  await ben.enter(ben.page.getByRole('link', { name: '新的朋友' }));
  await expect(ben.page.locator('.request .note')).toHaveText('我是 Anna');
  await ben.enter(ben.page.getByRole('button', { name: '接受' }));
  await expect(ben.page.getByText('已添加')).toBeVisible();
  const requester = ben.page.locator('.request').getByRole('link', { name: 'anna' });
  await expect(requester, 'the buttons are gone; who asked is still there').toBeFocused();
  await ben.sees();

  // He opens the chat from her card, and writes.
  await ben.page.keyboard.press('Enter');
  await ben.enter(ben.page.getByRole('link', { name: '发消息' }));
  const composer = (keys: Keys) => keys.page.getByRole('textbox', { name: '输入消息' });
  await expect(composer(ben), 'who opens a chat wants to write').toBeFocused();
  await ben.sees();
  await ben.page.keyboard.type('你好，Anna！');
  await ben.page.keyboard.press('Enter');
  await expect(ben.page.locator('li.message[data-state=sent]')).toContainText('你好，Anna！');

  // She finds it in her list, and answers in two lines.
  await anna.enter(anna.page.getByRole('link', { name: /^聊天/ }));
  await anna.enter(anna.page.locator('.rows a', { hasText: '你好，Anna！' }));
  await expect(composer(anna)).toBeFocused();
  await anna.page.keyboard.type('你好，');
  await anna.page.keyboard.press('Shift+Enter');
  await anna.page.keyboard.type('Ben！');
  await anna.page.keyboard.press('Enter');
  await expect(composer(anna), 'it was sent, and the next can be typed').toHaveValue('');
  await expect(composer(anna)).toBeFocused();
  const bubbles = ben.page.locator('li.message .bubble');
  await expect.poll(() => bubbles.allTextContents()).toEqual(['你好，Anna！', '你好，\nBen！']);
});

test('a message is quoted, and another deleted, by keyboard alone', async ({ browser, server }) => {
  const keys = await register(browser, server.origin, 'anna');
  const { page } = keys;
  await keys.enter(page.locator('.rows a', { hasText: '文件传输助手' }));
  const composer = page.getByRole('textbox', { name: '输入消息' });
  await expect(composer).toBeFocused();
  for (const text of ['牛奶', '面包']) {
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
  }
  const message = (text: string) => page.locator('li.message[data-state=sent]', { hasText: text });
  await expect(message('面包')).toBeVisible();

  // Arrow keys go from message to message; Shift+F10 opens the menu of one.
  await keys.tabTo(page.getByRole('log'), 'Shift+Tab');
  await page.keyboard.press('ArrowUp');
  await expect(message('面包')).toBeFocused();
  await keys.sees();
  await page.keyboard.press('ArrowUp');
  await expect(message('牛奶')).toBeFocused();
  await page.keyboard.press('Shift+F10');
  const item = (name: string) => page.getByRole('menuitem', { name, exact: true });
  await expect(item('复制')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(item('引用')).toBeFocused();
  await keys.sees();
  await page.keyboard.press('Enter');
  await expect(composer, 'who quotes wants to write').toBeFocused();
  await page.keyboard.type('两盒');
  await page.keyboard.press('Enter');
  await expect(message('两盒').locator('.quote')).toHaveText('你：牛奶');

  // Escape leaves a menu where it was opened; a question is answered by Enter.
  await keys.tabTo(page.getByRole('log'), 'Shift+Tab');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ContextMenu');
  await expect(item('复制')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(message('面包')).toBeFocused();
  await page.keyboard.press('ContextMenu');
  await page.keyboard.press('End');
  await expect(item('删除')).toBeFocused();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: '删除' });
  await expect(dialog).toBeVisible();
  await keys.sees();
  await keys.enter(dialog.getByRole('button', { name: '删除' }));
  await expect(dialog).toHaveCount(0);
  await expect(message('面包')).toHaveCount(0);
  await expect(page.getByRole('log'), 'the message is gone; its log is not').toBeFocused();
});

test('a chat is hidden by keyboard, and the focus goes on to the one beside it', async ({
  browser,
  server,
}) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const here = await anna!.with(ben!);
  await ben!.say(here, '早');
  const one = await (await anna!.open(browser)).ready();
  const keys = new Keys(one.page);
  const [row, notes] = [one.row(here), one.row(await anna!.with(anna!))];
  await keys.tabTo(row.getByRole('link'));
  await one.page.keyboard.press('Shift+F10');
  await one.page.keyboard.press('End');
  await expect(one.page.getByRole('menuitem', { name: '删除聊天' })).toBeFocused();
  await one.page.keyboard.press('Enter');
  await one.page.keyboard.press('Escape');
  await expect(row.getByRole('link'), 'nothing was deleted').toBeFocused();
  await one.page.keyboard.press('Shift+F10');
  await keys.page.keyboard.press('End');
  await keys.page.keyboard.press('ArrowUp');
  await expect(one.page.getByRole('menuitem', { name: '不显示聊天' })).toBeFocused();
  await one.page.keyboard.press('Enter');
  await expect(row).toHaveCount(0);
  await expect(notes.getByRole('link')).toBeFocused();
  await keys.sees();
});
