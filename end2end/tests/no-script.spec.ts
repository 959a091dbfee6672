import type { Page } from '@playwright/test';
import { Person, PASSWORD } from '../fixtures/people.ts';
import { expect, test } from '../fixtures/server.ts';

test.use({ javaScriptEnabled: false });

async function logIn(page: Page, person: Person): Promise<void> {
  await page.goto('/login');
  await page.getByLabel('账号').fill(person.handle);
  await page.getByLabel('密码').fill(PASSWORD);
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await expect(page).toHaveURL(/\/chats$/);
}

async function send(page: Page, text: string): Promise<void> {
  await page.locator('form.composer textarea').fill(text);
  await page.locator('form.composer').getByRole('button', { name: '发送' }).click();
}

test('one registers by a form, and a refused one keeps what was typed but the password', async ({ page, server }) => {
  await Person.register(server, 'anna');
  await page.goto('/register');
  await page.getByLabel('账号').fill('anna');
  await page.getByLabel('昵称').fill('安娜');
  await page.getByLabel('密码').fill(PASSWORD);
  await page.getByRole('button', { name: '注册' }).click();

  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.getByLabel('账号')).toHaveValue('anna');
  await expect(page.getByLabel('昵称')).toHaveValue('安娜');
  await expect(page.getByLabel('密码')).toHaveValue('');

  await page.getByLabel('账号').fill('anna_two');
  await page.getByLabel('密码').fill(PASSWORD);
  await page.getByRole('button', { name: '注册' }).click();
  await expect(page).toHaveURL(/\/chats$/);
  await expect(page.getByRole('main')).toContainText('文件传输助手');
});

test('one accepts a request, reads and writes by forms', async ({ page, server }) => {
  const anna = await Person.register(server, 'anna', '安娜');
  const bob = await Person.register(server, 'bob');
  await anna.ask('POST', 'contact_requests', { user: bob.id, note: '我是安娜 <b>你好</b>' });

  await logIn(page, bob);
  await page.goto('/contacts/requests');
  await expect(page.getByText('我是安娜 <b>你好</b>')).toBeVisible();
  await page.getByRole('button', { name: '接受' }).click();
  await expect(page.locator('.request .state')).toHaveText('已添加');

  const chat = await bob.with(anna);
  await anna.say(chat, '在吗？\n第二行');
  await page.goto('/chats');
  await page.locator(`li.row[data-conversation="${chat}"] a`).click();
  await expect(page.locator('.bubble')).toHaveText('在吗？\n第二行');

  await send(page, '在的\n<script>alert(1)</script>');
  await expect(page.locator('li.message.own .bubble')).toHaveText('在的\n<script>alert(1)</script>');
  await page.reload();
  await expect(page.locator('li.message')).toHaveCount(2);
  expect(await anna.texts(chat)).toEqual(['在吗？\n第二行', '在的\n<script>alert(1)</script>']);
});

test('one asks somebody who is found by their handle', async ({ page, server }) => {
  const [anna, bob] = [await Person.register(server, 'anna'), await Person.register(server, 'bob')];
  await logIn(page, bob);
  await page.goto('/contacts/add');
  await page.getByLabel('账号').fill('anna');
  await page.getByRole('button', { name: '查找' }).click();
  await page.locator('input[name=note]').fill('x'.repeat(201));
  await page.getByRole('button', { name: '发送申请' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.locator('input[name=note]')).toHaveValue('x'.repeat(201));
  await page.locator('input[name=note]').fill('我是 bob');
  await page.getByRole('button', { name: '发送申请' }).click();
  await expect(page).toHaveURL(/\/contacts\/requests$/);
  const { requests } = await anna.ask<{ requests: { note: string }[] }>('GET', 'contact_requests');
  expect(requests.map((it) => it.note)).toEqual(['我是 bob']);
});

test('a refused message stays in the composer as it was typed', async ({ page, server }) => {
  const [anna, bob] = await Person.friends(server, 'anna', 'bob');
  const chat = await bob.with(anna);
  await logIn(page, bob);
  await page.goto(`/chats/${chat}`);
  const long = `\n  <b>&amp;\n${'字'.repeat(5_001)}`;
  await send(page, long);
  await expect(page.locator('form.composer').getByRole('alert')).toBeVisible();
  await expect(page.locator('form.composer textarea')).toHaveValue(long);
  expect(await anna.texts(chat)).toEqual([]);
});

test('older messages are a link away', async ({ page, server }) => {
  const [anna, bob] = await Person.friends(server, 'anna', 'bob');
  const chat = await bob.with(anna);
  for (let number = 1; number <= 64; number += 1) await anna.say(chat, `第 ${number} 条`);
  await logIn(page, bob);
  await page.goto(`/chats/${chat}`);
  await expect(page.locator('.bubble').last()).toHaveText('第 64 条');
  await expect(page.getByText('第 1 条', { exact: true })).toHaveCount(0);
  await page.locator('li.more a').click();
  await expect(page.getByText('第 1 条', { exact: true })).toHaveCount(1);
});

test('a group is made by a form, and a refused one keeps what was typed and chosen', async ({ page, server }) => {
  const [bob, anna] = await Person.friends(server, 'bob', 'anna', 'carl');
  await logIn(page, bob);
  await page.goto('/chats/new');
  await page.locator('input[name=name]').fill('名'.repeat(33));
  await page.locator(`input[name=members][value="${anna.id}"]`).check();
  await page.locator('main form[action="/chats/new"] button').last().click();
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.locator('input[name=name]')).toHaveValue('名'.repeat(33));
  await expect(page.locator('input[name=members]:checked')).toHaveValue(anna.id);

  await page.locator('input[name=name]').fill('爬山');
  await page.locator('main form[action="/chats/new"] button').last().click();
  await expect(page).toHaveURL(/\/chats\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('heading', { level: 1, name: '爬山(2)' })).toBeVisible();
  await send(page, '大家好');
  await expect(page.locator('.bubble')).toHaveText('大家好');
});

test('nothing is offered that does nothing', async ({ page, server }) => {
  const [anna, bob] = await Person.friends(server, 'anna', 'bob');
  await logIn(page, bob);
  await page.goto(`/chats/${await bob.with(anna)}`);
  await expect(page.getByRole('searchbox')).toBeHidden();
  await expect(page.getByRole('button', { name: '表情' })).toHaveCount(0);
  await expect(page.getByRole('button', { name: '发送', exact: true })).toBeVisible();
});
