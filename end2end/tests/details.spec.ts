import type { Browser, Page } from '@playwright/test';
import { Person } from '../fixtures/people.ts';
import { expect, test } from '../fixtures/server.ts';
import type { Server } from '../fixtures/server.ts';

/** A group of three; the screen of the one named shows its details. */
async function scene(browser: Browser, server: Server, whose: 'owner' | 'member' = 'owner') {
  const [anna, ben, cleo, dora] = await Person.friends(
    server,
    'anna',
    'ben',
    'cleo',
    'dora',
  );
  const group = await anna.group('散步', ben, cleo);
  const reader = whose === 'owner' ? anna : ben;
  const screen = await (await reader.open(browser)).goto(`/chats/${group}/details`);
  const { page } = screen;
  const drawer = page.getByRole('complementary', { name: '聊天信息' });
  await expect(drawer.getByRole('link', { name: 'cleo' })).toBeVisible();
  return { anna, ben, cleo, dora, group, screen, page, drawer };
}

async function answer(page: Page, button: string, text?: string) {
  const dialog = page.getByRole('dialog');
  if (text !== undefined) await dialog.getByRole('textbox').fill(text);
  await dialog.getByRole('button', { name: button, exact: true }).click();
  await expect(dialog).toBeHidden();
}

test('the drawer opens with the focus in it, and Escape closes it', async ({ browser, server }) => {
  const { page, drawer, group } = await scene(browser, server);
  await page.keyboard.press('Escape');
  await expect(drawer).toBeHidden();
  await expect(page).toHaveURL(new RegExp(`/chats/${group}$`));
  const link = page.getByRole('link', { name: '聊天信息' });
  await link.click();
  await expect(drawer.getByRole('heading', { name: '聊天信息' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(drawer).toBeHidden();
  await expect(link).toBeFocused();
});

test('name, announcement and nickname are changed', async ({ browser, server }) => {
  const { page, drawer } = await scene(browser, server);
  await drawer.getByRole('button', { name: '修改群聊名称' }).click();
  await answer(page, '保存', '周末散步');
  await expect(page.getByRole('heading', { name: '周末散步(3)' })).toBeVisible();
  await expect(drawer.getByRole('button', { name: '修改群聊名称' })).toBeFocused();
  await drawer.getByRole('button', { name: '修改群公告' }).click();
  await answer(page, '保存', '七点集合\n带水');
  await expect(drawer.getByText('七点集合 带水')).toBeVisible();
  await drawer.getByRole('button', { name: '修改我在本群的昵称' }).click();
  await answer(page, '保存', '领队');
  await expect(drawer.getByRole('link', { name: '领队' })).toBeVisible();
});

test('contacts come in and members go', async ({ browser, server }) => {
  const { page, drawer, dora, group } = await scene(browser, server);
  await drawer.getByRole('button', { name: '添加' }).click();
  const dialog = page.getByRole('dialog', { name: '添加成员' });
  await expect(dialog.getByRole('checkbox')).toHaveCount(1);
  await expect(dialog.getByRole('button', { name: '添加' })).toBeDisabled();
  await dialog.getByRole('checkbox', { name: 'dora' }).check();
  await dialog.getByRole('button', { name: '添加' }).click();
  await expect(drawer.getByRole('link', { name: 'dora' })).toBeVisible();
  await expect(drawer.getByRole('button', { name: '添加' })).toBeFocused();
  expect((await dora.conversation(group)).mine.left).toBe(false);
  await drawer.getByRole('button', { name: '移除' }).click();
  await page.getByRole('dialog').getByRole('checkbox', { name: 'cleo' }).check();
  await answer(page, '移除');
  await expect(drawer.getByRole('link', { name: 'cleo' })).toBeHidden();
});

test('the owner gives roles, mutes, and hands the group over', async ({ browser, server }) => {
  const { page, drawer, ben, group } = await scene(browser, server);
  const choose = async (member: string, choice: string) => {
    await drawer.getByRole('link', { name: member }).click();
    await page.getByRole('menuitem', { name: choice }).click();
  };
  await choose('ben', '设为管理员');
  await expect(drawer.getByRole('link', { name: 'ben' })).toContainText('管理员');
  await choose('cleo', '禁言 1 小时');
  await expect(drawer.getByRole('link', { name: 'cleo' })).toContainText('禁言中');
  await choose('cleo', '解除禁言');
  await expect(drawer.getByRole('link', { name: 'cleo' })).not.toContainText('禁言中');
  const muteAll = drawer.getByRole('switch', { name: '全员禁言' });
  await muteAll.click();
  await expect(muteAll).toBeChecked();
  await expect(drawer.getByRole('button', { name: '退出群聊' })).toBeDisabled();
  await drawer.getByRole('button', { name: '转让群主' }).click();
  await page.getByRole('dialog').getByRole('radio', { name: 'ben' }).check();
  await answer(page, '转让群主');
  await expect(drawer.getByRole('link', { name: 'ben' })).toContainText('群主');
  await expect(muteAll).toBeHidden();
  await drawer.getByRole('button', { name: '退出群聊' }).click();
  await answer(page, '退出群聊');
  await expect(page).toHaveURL(/\/chats$/);
  const members = () => ben.ask<{ members: unknown[] }>('GET', `conversations/${group}/members`);
  await expect.poll(async () => (await members()).members.length).toBe(2);
});

test('a member is offered only what a member may do', async ({ browser, server }) => {
  const { page, drawer, cleo } = await scene(browser, server, 'member');
  await expect(drawer.getByRole('button', { name: '修改群聊名称' })).toBeVisible();
  await expect(drawer.getByRole('button', { name: '添加' })).toBeVisible();
  for (const name of ['修改群公告', '移除', '转让群主']) {
    await expect(drawer.getByRole('button', { name, exact: true })).toBeHidden();
  }
  await expect(drawer.getByRole('switch', { name: '全员禁言' })).toBeHidden();
  await drawer.getByRole('link', { name: 'cleo' }).click();
  await expect(page).toHaveURL(new RegExp(`/contacts/${cleo.id}$`));
});

test('a conversation is silenced, pinned and cleared', async ({ browser, server }) => {
  const { page, screen, drawer, ben, group } = await scene(browser, server);
  await ben.say(group, '你好');
  await expect(screen.messages).toHaveCount(1);
  for (const name of ['消息免打扰', '置顶聊天']) {
    const toggle = drawer.getByRole('switch', { name });
    await toggle.click();
    await expect(toggle).toBeChecked();
  }
  await drawer.getByRole('button', { name: '清空聊天记录' }).click();
  await answer(page, '清空');
  await expect(screen.messages).toHaveCount(0);
});

test('without script the details are read and the group is left', async ({ browser, server }) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const group = await anna.group('散步', ben);
  const { page } = await ben.open(browser, { javaScriptEnabled: false });
  await page.goto(`/chats/${group}`);
  await page.getByRole('link', { name: '聊天信息' }).click();
  const drawer = page.getByRole('complementary', { name: '聊天信息' });
  await expect(drawer.getByRole('link', { name: 'anna' })).toContainText('群主');
  await expect(drawer.getByRole('switch')).toHaveCount(0);
  await drawer.getByRole('button', { name: '退出群聊' }).click();
  await expect(page).toHaveURL(/\/chats$/);
  expect((await ben.conversation(group)).mine.left).toBe(true);
});

test('on a phone the details are a page that leads back', async ({ browser, server }) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const conversation = await anna.with(ben);
  const viewport = { width: 390, height: 844 };
  const screen = await (await anna.open(browser, { viewport })).goto(`/chats/${conversation}`);
  const { page } = screen;
  await page.getByRole('link', { name: '聊天信息' }).click();
  const drawer = page.getByRole('complementary', { name: '聊天信息' });
  await expect(drawer).toBeVisible();
  await expect(screen.composer).toBeHidden();
  await drawer.getByRole('link', { name: '返回' }).click();
  await expect(drawer).toBeHidden();
  await expect(screen.composer).toBeVisible();
});
