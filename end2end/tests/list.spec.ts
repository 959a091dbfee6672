import { Person } from '../fixtures/people.ts';
import { expect, test } from '../fixtures/server.ts';

test.use({ serverOptions: { env: { ZSPCHAT_LIMITS_COMMANDS_PER_WINDOW: '1000' } } });

test('notes to oneself are there from the start, and newer chats stand above them', async ({
  browser,
  server,
}) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const [here, notes] = [await anna!.with(ben!), await anna!.with(anna!)];
  const one = await (await anna!.open(browser)).ready();
  await expect(one.row(notes)).toContainText('文件传输助手');
  await ben!.say(here, '在吗');
  await expect.poll(() => one.listed()).toEqual([here, notes]);
  await expect(one.row(here).locator('.preview')).toContainText('在吗');
  await expect(one.row(here).locator('time')).toHaveText(/^\d\d:\d\d$/);
  await one.open(notes);
  await one.say('备忘');
  await expect.poll(() => one.listed()).toEqual([notes, here]);
});

test('what is unread is counted in the list, the title and the favicon, up to 99+', async ({
  browser,
  server,
}) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const here = await anna!.with(ben!);
  const group = await ben!.group('周末', anna!);
  const one = await (await anna!.open(browser)).ready();
  const icon = one.page.locator('link[rel=icon]');
  await expect(one.page).toHaveTitle('zspchat');
  await expect(icon).toHaveAttribute('href', '/favicon.svg');

  await ben!.say(here, '一');
  await ben!.say(group, '二');
  await ben!.say(group, '三');
  await expect(one.row(here).locator('.badge')).toHaveText('1');
  await expect(one.row(group).locator('.badge')).toHaveText('2');
  await expect(one.row(group).locator('.preview')).toContainText('ben：三');
  await expect(one.page).toHaveTitle('(3) zspchat');
  await expect(icon).toHaveAttribute('href', /^data:image\/svg\+xml,.*%3E3%3C/);
  await expect(one.page.getByRole('link', { name: '聊天，3 条未读' }).first()).toBeVisible();

  await one.open(group);
  await expect(one.row(group).locator('.badge')).toHaveCount(0);
  await expect(one.page).toHaveTitle('(1) zspchat');
  await expect.poll(async () => (await anna!.conversation(group)).mine.unread).toBe(0);
  // What comes while one looks is read.
  await ben!.say(group, '四');
  await expect(one.message('四')).toBeVisible();
  await expect.poll(async () => (await anna!.conversation(group)).mine.unread).toBe(0);
  await expect(one.row(group).locator('.badge')).toHaveCount(0);

  await ben!.sayAll(here, Array.from({ length: 64 }, (_, n) => `很多 ${n}`));
  await expect(one.row(here).locator('.badge')).toHaveText('65');
  await anna!.request('PUT', `conversations/${here}/preferences`, { silenced: true });
  await expect(one.page).toHaveTitle('zspchat');
  await expect(icon).toHaveAttribute('href', '/favicon.svg');
});

test('a count of more than 99 says 99+', async ({ browser, server }) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const here = await anna!.with(ben!);
  await ben!.sayAll(here, Array.from({ length: 99 }, (_, n) => `${n + 1}`));
  const one = await (await anna!.open(browser)).ready();
  await expect(one.row(here).locator('.badge')).toHaveText('99');
  await ben!.say(here, '100');
  await expect(one.row(here).locator('.badge')).toHaveText('99+');
  await expect(one.page).toHaveTitle('(99+) zspchat');
});

test('a chat is pinned, silenced and marked unread from its menu, and back', async ({
  browser,
  server,
}) => {
  const [anna, ben, chen] = await Person.friends(server, 'anna', 'ben', 'chen');
  const [bens, chens] = [await anna!.with(ben!), await anna!.with(chen!)];
  await ben!.say(bens, '早');
  await chen!.say(chens, '早上好');
  const one = await (await anna!.open(browser)).ready();
  const [notes] = [await anna!.with(anna!)];
  await expect.poll(() => one.listed()).toEqual([chens, bens, notes]);

  await one.choose(one.row(bens), '置顶');
  await expect.poll(() => one.listed()).toEqual([bens, chens, notes]);
  await expect(one.row(bens)).toHaveClass(/pinned/);
  await one.choose(one.row(bens), '取消置顶');
  await expect.poll(() => one.listed()).toEqual([chens, bens, notes]);

  await one.choose(one.row(chens), '消息免打扰');
  await expect(one.row(chens).getByRole('img', { name: '消息免打扰' })).toBeVisible();
  await expect(one.row(chens).locator('.preview')).toContainText('[1条] 早上好');
  await expect(one.row(chens).locator('.badge')).toHaveText('');
  await expect(one.page).toHaveTitle('(1) zspchat');
  await one.choose(one.row(chens), '允许消息通知');
  await expect(one.row(chens).locator('.badge')).toHaveText('1');
  await expect(one.page).toHaveTitle('(2) zspchat');

  await one.choose(one.row(chens), '标为已读');
  await expect(one.row(chens).locator('.badge')).toHaveCount(0);
  await one.choose(one.row(chens), '标为未读');
  await expect(one.row(chens).locator('.badge')).toHaveText('1');
  await expect(one.page).toHaveTitle('(2) zspchat');
  // It all stays: the server has it, and a new page shows it.
  await one.page.reload();
  await one.ready();
  await expect(one.row(chens).locator('.badge')).toHaveText('1');
  await one.open(chens);
  await expect(one.row(chens).locator('.badge')).toHaveCount(0);
  await one.page.reload();
  await one.ready();
  await expect(one.row(chens).locator('.badge')).toHaveCount(0);
});

test('a chat that is not shown comes back with its next message, with its history', async ({
  browser,
  server,
}) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const here = await anna!.with(ben!);
  await ben!.say(here, '早');
  const one = await (await anna!.open(browser)).ready();
  await one.open(here);
  await expect(one.message('早')).toBeVisible();
  await one.choose(one.row(here), '不显示聊天');
  await expect(one.row(here)).toHaveCount(0);
  await expect(one.page).toHaveURL('/chats');
  await one.page.reload();
  await one.ready();
  await expect(one.row(here)).toHaveCount(0);
  await ben!.say(here, '还在吗');
  await expect(one.row(here).locator('.badge')).toHaveText('1');
  await one.open(here);
  await expect.poll(() => one.texts()).toEqual(['早', '还在吗']);
});

test('a chat that is deleted is empty when it comes back, here and on the server', async ({
  browser,
  server,
}) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const here = await anna!.with(ben!);
  await ben!.say(here, '秘密');
  const one = await (await anna!.open(browser)).ready();
  await one.open(here);
  await expect(one.message('秘密')).toBeVisible();
  await one.choose(one.row(here), '删除聊天');
  const question = one.page.getByRole('dialog', { name: '删除聊天' });
  await expect(question).toContainText('不能恢复');
  await question.getByRole('button', { name: '取消' }).click();
  await expect(one.row(here)).toHaveCount(1);
  await one.choose(one.row(here), '删除聊天');
  await question.getByRole('button', { name: '删除' }).click();
  await expect(one.row(here)).toHaveCount(0);
  await expect(one.page).toHaveURL('/chats');

  await ben!.say(here, '新的');
  await one.open(here);
  await expect.poll(() => one.texts()).toEqual(['新的']);
  await one.page.reload();
  await one.ready();
  await expect.poll(() => one.texts()).toEqual(['新的']);
  expect(await anna!.texts(here)).toEqual(['新的']);
  expect(await ben!.texts(here), 'the other one keeps theirs').toEqual(['秘密', '新的']);
  const elsewhere = await (await anna!.open(browser)).ready();
  await elsewhere.open(here);
  await expect.poll(() => elsewhere.texts()).toEqual(['新的']);
});

test('a draft is kept for each chat, marked in the list, and survives a reload', async ({
  browser,
  server,
}) => {
  const [anna, ben, chen] = await Person.friends(server, 'anna', 'ben', 'chen');
  const [bens, chens] = [await anna!.with(ben!), await anna!.with(chen!)];
  await ben!.say(bens, '早');
  await chen!.say(chens, '早上好');
  const one = await (await anna!.open(browser)).ready();
  await one.open(bens);
  await one.composer.fill('想了想\n还是');
  await expect(one.row(bens).locator('.mark'), 'not while it is open').toHaveCount(0);
  await one.open(chens);
  await expect(one.composer).toHaveValue('');
  await expect(one.row(bens).locator('.mark')).toHaveText('[草稿]');
  await expect(one.row(bens).locator('.preview .t')).toHaveText('想了想 还是');
  await one.composer.fill('另一份');
  await one.open(bens);
  await expect(one.composer).toHaveValue('想了想\n还是');

  await one.page.reload();
  await one.ready();
  await expect(one.composer).toHaveValue('想了想\n还是');
  await expect(one.row(chens).locator('.mark')).toHaveText('[草稿]');
  await one.composer.press('Enter');
  await expect(one.composer).toHaveValue('');
  await one.open(chens);
  await expect(one.composer).toHaveValue('另一份');
  await expect(one.row(bens).locator('.mark')).toHaveCount(0);
  await one.composer.fill('');
  await one.open(bens);
  await expect(one.row(chens).locator('.mark')).toHaveCount(0);
  // It goes out once the page that was loaded anew is connected.
  await expect.poll(() => anna!.texts(bens)).toEqual(['早', '想了想\n还是']);
});
