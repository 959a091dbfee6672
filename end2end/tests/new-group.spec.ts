import { Person } from '../fixtures/people.ts';
import { expect, test } from '../fixtures/server.ts';

test('a group is made of the contacts that are ticked', async ({ browser, server }) => {
  const [anna, ben, cleo] = await Person.friends(
    server, 'anna', 'ben', 'cleo', 'dora', 'emil', 'fay', 'gus',
  );
  const screen = await (await anna.open(browser)).goto('/chats/new');
  const { page } = screen;
  await page.getByRole('textbox', { name: '群聊名称' }).fill('散步 & 聊天');
  await page.getByRole('searchbox', { name: '按名字查找' }).fill('BEN');
  await expect(page.getByRole('checkbox')).toHaveCount(1);
  await page.getByRole('checkbox', { name: 'ben' }).check();
  await page.getByRole('searchbox', { name: '按名字查找' }).fill('nobody');
  await expect(page.getByText('没有符合的人。')).toBeVisible();
  await page.getByRole('searchbox', { name: '按名字查找' }).fill('');
  for (const name of ['cleo', 'dora']) await page.getByRole('checkbox', { name }).check();
  await page.getByRole('button', { name: '取消选择 dora' }).click();
  await expect(page.getByRole('checkbox', { name: 'dora' })).not.toBeChecked();
  await expect(page.getByRole('searchbox', { name: '按名字查找' })).toBeFocused();
  await page.getByRole('button', { name: '创建' }).click();
  await expect(page.getByRole('heading', { name: '散步 & 聊天(3)' })).toBeVisible();
  const id = new URL(page.url()).pathname.split('/')[2] ?? '';
  for (const member of [ben, cleo]) expect((await member.conversation(id)).mine.left).toBe(false);
});

test('what is wrong with a group is said beside it', async ({ browser, server }) => {
  const [anna] = await Person.friends(server, 'anna', 'ben');
  const { page } = await (await anna.open(browser)).goto('/chats/new');
  await page.getByRole('button', { name: '创建' }).click();
  await expect(page.getByRole('alert')).toHaveText('请至少选择一位联系人。');
  await page.getByRole('checkbox', { name: 'ben' }).check();
  await page.getByRole('textbox', { name: '群聊名称' }).fill('长'.repeat(33));
  await page.getByRole('button', { name: '创建' }).click();
  await expect(page.getByRole('alert')).toHaveText('太长了，最多 32。');
  await expect(page.getByRole('checkbox', { name: 'ben' })).toBeChecked();
});

test('without script a refused group keeps what was typed and ticked', async ({ browser, server }) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben', 'cleo');
  const { page } = await anna.open(browser, { javaScriptEnabled: false });
  await page.goto('/chats/new');
  await page.getByRole('textbox', { name: '群聊名称' }).fill('长'.repeat(33));
  await page.getByRole('checkbox', { name: 'ben' }).check();
  await page.getByRole('button', { name: '创建' }).click();
  await expect(page.getByRole('alert')).toHaveText('太长了，最多 32。');
  await expect(page.getByRole('checkbox', { name: 'ben' })).toBeChecked();
  await expect(page.getByRole('checkbox', { name: 'cleo' })).not.toBeChecked();
  await page.getByRole('textbox', { name: '群聊名称' }).fill('散步');
  await page.getByRole('button', { name: '创建' }).click();
  await expect(page.getByRole('heading', { name: '散步(2)' })).toBeVisible();
  const id = new URL(page.url()).pathname.split('/')[2] ?? '';
  expect((await ben.conversation(id)).mine.left).toBe(false);
});

test('a group begins from a direct conversation', async ({ browser, server }) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben', 'cleo');
  const { page } = await (await anna.open(browser)).goto(`/chats/${await anna.with(ben)}`);
  await page.getByRole('link', { name: '聊天信息' }).click();
  await page.getByRole('complementary').getByRole('link', { name: '发起群聊' }).click();
  await expect(page.getByRole('checkbox', { name: 'ben' })).toBeChecked();
  await expect(page.getByRole('checkbox', { name: 'cleo' })).not.toBeChecked();
});
