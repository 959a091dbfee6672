import { Person } from '../fixtures/people.ts';
import type { Screen } from '../fixtures/screen.ts';
import { expect, test } from '../fixtures/server.ts';

const menu = (screen: Screen) => screen.page.getByRole('menu', { name: '消息菜单' });

test('a quote stands below its answer, leads to what it quotes, and follows a recall', async ({
  browser,
  server,
}) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const here = await anna!.with(ben!);
  const first = await anna!.say(here, '周六去爬山吗？');
  await ben!.sayAll(here, Array.from({ length: 40 }, (_, n) => `别的 ${n + 1}`));
  const [one, two] = [await anna!.open(browser), await ben!.open(browser)];
  await (await one.ready()).open(here);
  await (await two.ready()).open(here);

  await two.log.press('Home');
  await two.message('周六去爬山吗？').scrollIntoViewIfNeeded();
  await two.choose(two.bubble('周六去爬山吗？'), '引用');
  await expect(two.composer).toBeFocused();
  const reply = two.page.locator('form.composer .reply');
  await expect(reply).toHaveText('anna：周六去爬山吗？');
  // It can be dropped again.
  await reply.getByRole('button', { name: '取消引用' }).click();
  await expect(reply).toHaveCount(0);
  await two.choose(two.bubble('周六去爬山吗？'), '引用');
  await two.say('去！');
  await expect(reply).toHaveCount(0);

  for (const [screen, quoted] of [[one, '你：周六去爬山吗？'], [two, 'anna：周六去爬山吗？']] as const) {
    await expect(screen.message('去！').locator('.quote')).toHaveText(quoted);
  }
  const sent = (await anna!.events(here)).at(-1)!;
  expect(sent.body.reply_to).toBe(first.seq);

  const original = one.message('周六去爬山吗？');
  await expect(original).not.toBeInViewport();
  await one.message('去！').locator('.quote').click();
  await expect(original).toBeInViewport();
  await expect(original).toBeFocused();

  await one.choose(original.locator('.bubble'), '撤回');
  for (const screen of [one, two]) {
    await expect(screen.message('去！').locator('.quote')).toHaveText('引用的消息已撤回');
  }
});

test('who recalls a message may edit it again; nobody keeps its text', async ({ browser, server }) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const here = await anna!.with(ben!);
  const [one, two] = [await anna!.open(browser), await ben!.open(browser)];
  await (await one.ready()).open(here);
  await (await two.ready()).open(here);
  await one.say('七点在北门见');
  await expect(two.message('七点在北门见')).toBeVisible();
  await one.choose(one.bubble('七点在北门见'), '撤回');

  await expect(two.log.locator('li.mid', { hasText: 'anna 撤回了一条消息' })).toBeVisible();
  await expect(two.log).not.toContainText('北门');
  await expect(two.row(here)).toContainText('anna 撤回了一条消息');
  await expect(one.log.locator('li.mid', { hasText: '你撤回了一条消息' })).toBeVisible();
  const kept = JSON.stringify(await anna!.events(here));
  expect(kept).not.toContain('北门');

  // The author's browser keeps the text for it, also after a reload.
  await one.page.reload();
  await one.ready();
  const again = one.log.getByRole('button', { name: '重新编辑' });
  await again.click();
  await expect(one.composer).toBeFocused();
  await expect(one.composer).toHaveValue('七点在北门见');
  await one.composer.press('End');
  await one.composer.pressSequentially('，南门也行');
  await one.composer.press('Enter');
  await expect(two.message('七点在北门见，南门也行')).toBeVisible();
  await two.page.reload();
  await two.ready();
  await expect(two.log.getByRole('button', { name: '重新编辑' })).toHaveCount(0);
});

test('a member is called by the list that opens with @, and told so', async ({ browser, server }) => {
  const [anna, ben, chen] = await Person.friends(server, 'anna', 'ben', 'chen');
  const group = await anna!.group('周末', ben!, chen!);
  const one = await anna!.open(browser);
  await (await one.ready()).open(group);
  const two = await (await ben!.open(browser)).ready();
  const list = one.page.getByRole('listbox');
  const options = list.getByRole('option');

  await one.composer.pressSequentially('@');
  await expect(options).toHaveText([/^所有人$/, /ben$/, /chen$/]);
  await one.composer.pressSequentially('b');
  await expect(options).toHaveText([/ben$/]);
  await one.composer.press('Escape');
  await expect(list).toHaveCount(0);
  await one.composer.fill('');
  await one.composer.pressSequentially('@');
  await one.composer.press('ArrowDown');
  await one.composer.press('ArrowDown');
  await expect(options.nth(2)).toHaveAttribute('aria-selected', 'true');
  await one.composer.press('ArrowUp');
  await expect(one.composer).toHaveAttribute('aria-activedescendant', 'mention-1');
  await one.composer.press('Enter');
  await expect(one.composer, 'Enter picks, and sends nothing').toHaveValue('@ben ');
  await one.composer.pressSequentially('带水吗？');
  await one.composer.press('Enter');

  await expect(two.row(group).locator('.mark')).toHaveText('[有人@我]');
  await expect(one.row(group).locator('.mark')).toHaveCount(0);
  const sent = (await anna!.events(group)).at(-1)!;
  expect(sent.body.mentions).toEqual([ben!.id]);
  await two.open(group);
  await expect(two.message('@ben 带水吗？').locator('.mention')).toHaveText('@ben');
  await expect(two.row(group).locator('.mark')).toHaveCount(0);

  // A click picks too, and whose name was deleted again is not called.
  await two.composer.pressSequentially('@');
  await expect(two.page.getByRole('option')).toHaveText([/anna$/, /chen$/]);
  await two.page.getByRole('option', { name: 'chen' }).click();
  await expect(two.composer).toHaveValue('@chen ');
  await expect(two.composer).toBeFocused();
  await two.composer.fill('我带');
  await two.composer.press('Enter');
  await expect(one.message('我带')).toBeVisible();
  expect((await anna!.events(group)).at(-1)!.body.mentions ?? []).toEqual([]);
});

test('emoji are picked from a table that remembers the last ones', async ({ browser, server }) => {
  const anna = await Person.register(server, 'anna');
  const notes = await anna.with(anna);
  const one = await anna.open(browser);
  await (await one.ready()).open(notes);
  const button = one.page.locator('form.composer .tools').getByRole('button', { name: '表情' });
  const picker = one.page.getByRole('dialog', { name: '表情' });
  await one.composer.fill('晴天出门');
  await one.composer.press('ArrowLeft');
  await one.composer.press('ArrowLeft');
  await button.click();
  await expect(picker).toBeVisible();
  const first = picker.locator('.emoji-grid button').first();
  await expect(first).toBeFocused();
  const emoji = await first.innerText();
  await first.click();
  await expect(picker).toHaveCount(0);
  await expect(one.composer).toBeFocused();
  await expect(one.composer).toHaveValue(`晴天${emoji}出门`);

  // By keyboard: the arrows go through the table, Escape leaves it.
  await button.click();
  await expect(picker.locator('.emoji-grid button'), 'the last ones come first').toHaveText([emoji]);
  await picker.getByRole('button', { name: '最近使用' }).press('Tab');
  await picker.locator('.emoji-groups button').nth(1).click();
  await expect(first).toBeFocused();
  await one.page.keyboard.press('ArrowRight');
  await one.page.keyboard.press('ArrowDown');
  const tenth = picker.locator('.emoji-grid button').nth(9);
  await expect(tenth).toBeFocused();
  const other = await tenth.innerText();
  await one.page.keyboard.press('Enter');
  await expect(one.composer).toHaveValue(`晴天${emoji}${other}出门`);
  await button.click();
  await expect(picker.locator('.emoji-grid button')).toHaveText([other, emoji]);
  await expect(first).toBeFocused();
  await one.page.keyboard.press('Escape');
  await expect(picker).toHaveCount(0);
  await expect(one.composer).toBeFocused();
  await one.composer.press('Enter');
  await expect.poll(() => anna.texts(notes)).toEqual([`晴天${emoji}${other}出门`]);
});

test('the menu of a message copies it, deletes it here only, and recalls only own ones', async ({
  browser,
  server,
}) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const here = await anna!.with(ben!);
  await ben!.say(here, '两行\n文字 <b>&amp;');
  await ben!.say(here, '第二条');
  const one = await anna!.open(browser, { permissions: ['clipboard-read'] });
  await (await one.ready()).open(here);
  const message = one.messages.filter({ hasText: '两行' });

  await message.locator('.bubble').click({ button: 'right' });
  await expect(menu(one).getByRole('menuitem')).toHaveText(['复制', '引用', '删除']);
  await menu(one).getByRole('menuitem', { name: '复制' }).click();
  await expect(one.page.getByText('已复制')).toBeVisible();
  const copied = await one.page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe('两行\n文字 <b>&amp;');

  await one.choose(message.locator('.bubble'), '删除');
  const question = one.page.getByRole('dialog', { name: '删除' });
  await question.getByRole('button', { name: '取消' }).click();
  await expect(message).toHaveCount(1);
  await one.choose(message.locator('.bubble'), '删除');
  await question.getByRole('button', { name: '删除' }).click();
  await expect(message).toHaveCount(0);
  await one.page.reload();
  await one.ready();
  await expect(one.message('第二条')).toBeVisible();
  await expect(message, 'it stays away').toHaveCount(0);
  expect(await ben!.texts(here), 'others keep it').toEqual(['两行\n文字 <b>&amp;', '第二条']);

  await one.say('我的');
  await one.bubble('我的').click({ button: 'right' });
  await expect(menu(one).getByRole('menuitem')).toHaveText(['复制', '引用', '撤回', '删除']);
  await one.page.keyboard.press('Escape');
  await expect(menu(one)).toHaveCount(0);
});
