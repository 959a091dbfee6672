import { readFile, writeFile } from 'node:fs/promises';
import { DAY, pass } from '../fixtures/database.ts';
import { Disk } from '../fixtures/disk.ts';
import { Person } from '../fixtures/people.ts';
import type { Screen } from '../fixtures/screen.ts';
import { expect, test } from '../fixtures/server.ts';

/** Exports the history in the settings, and gives the path of the file. */
async function exported(screen: Screen): Promise<string> {
  await screen.goto('/settings');
  const download = screen.page.waitForEvent('download');
  await screen.page.getByRole('button', { name: '导出聊天记录' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/^zspchat-history-ann-\d{4}-\d\d-\d\d\.jsonl$/);
  return file.path();
}

/** Imports a file in the settings. */
async function imports(screen: Screen, path: string): Promise<void> {
  await screen.goto('/settings');
  await screen.page.getByLabel('导入聊天记录').setInputFiles(path);
}

test('a history that was exported and imported into another browser is whole there', async ({
  browser,
  server,
}) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const [chat, group] = [await ann.with(ben), await ann.group('the group', ben)];
  const old = ['1', '2', 'hidden', '4', '“5”\n\u2028<b>👋🏽'];
  for (const text of old) await ben.say(chat, text);
  for (const text of ['a', 'b']) await ben.say(group, text);
  const first = await ann.open(browser);
  await first.goto(`/chats/${chat}`);
  await expect(first.messages).toHaveCount(5);
  await first.choose(first.bubble('hidden'), '删除');
  await first.page.getByRole('dialog').getByRole('button', { name: '删除', exact: true }).click();
  await expect(first.messages).toHaveCount(4);
  const disk = new Disk(first.page, ann);
  const held = { chat: await ann.events(chat), group: await ann.events(group) };
  await expect.poll(() => disk.events(chat)).toEqual(held.chat);
  await expect.poll(() => disk.events(group)).toEqual(held.group);
  // The server lets go of it; then somebody writes again.
  await server.stop();
  await pass(server, 4 * DAY, chat, group);
  await server.start();
  await expect.poll(async () => (await ann.events(chat)).length).toBe(0);
  const new_ = await ben.say(chat, 'new');
  await expect(first.message('new')).toBeVisible({ timeout: 30_000 });
  const file = await exported(first);

  // The other browser has two tabs, and the one that imports does not lead.
  const leading = await ann.open(browser);
  await leading.goto(`/chats/${chat}`);
  await expect(leading.log.locator('li.seam[data-expired]')).toContainText('更早的 5 条消息已过期');
  const other = await leading.another('/settings');
  await imports(other, file);
  await expect(
    other.page.getByText(`已导入，新增 ${held.chat.length + held.group.length} 条记录。`),
  ).toBeVisible();
  const shown = ['1', '2', '4', '“5”\n\u2028<b>👋🏽', 'new'];
  // At once, in the tab that had it open.
  await expect(leading.messages).toHaveCount(5);
  expect(await leading.texts()).toEqual(shown);
  await expect(leading.log.locator('li.seam[data-expired]')).toHaveCount(0);
  // And for good: the check leaves it alone.
  await other.goto(`/chats/${group}`);
  await expect(other.messages).toHaveCount(2);
  await leading.page.reload();
  await leading.ready();
  // By whichever leads then: the other one may have taken over while this one was loaded.
  const checked = async ({ page }: Screen) => page.locator('.list p.quiet').textContent();
  await expect.poll(() => Promise.all([leading, other].map(checked))).toContain('已校准');
  expect(await leading.texts()).toEqual(shown);
  const there = new Disk(leading.page, ann);
  expect(await there.events(chat)).toEqual([...held.chat, new_]);
  expect(await there.events(group)).toEqual(held.group);
  // A second time there is nothing new in it.
  await imports(other, file);
  await expect(other.page.getByText('已导入，新增 0 条记录。')).toBeVisible();
});

test("a file that is not the reader's history is refused, and changes nothing", async ({
  browser,
  server,
}, testInfo) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  await ben.say(chat, 'hello');
  const first = await ann.open(browser);
  await first.goto(`/chats/${chat}`);
  await expect
    .poll(async () => (await new Disk(first.page, ann).events(chat)).length)
    .toBeGreaterThan(0);
  const file = await exported(first);
  const second = await ben.open(browser);
  await second.goto(`/chats/${chat}`);
  const disk = new Disk(second.page, ben);
  const before = await ann.events(chat);
  await expect.poll(() => disk.events(chat)).toEqual(before);
  await imports(second, file);
  await expect(second.page.getByRole('alert')).toBeVisible();
  expect(await disk.events(chat)).toEqual(before);

  const nonsense = testInfo.outputPath('nonsense.jsonl');
  await writeFile(nonsense, '{"what":"is this"}\n');
  await imports(second, nonsense);
  await expect(second.page.getByRole('alert')).toBeVisible();

  // One line that was damaged is left out, and the rest is taken in.
  const damaged = testInfo.outputPath('damaged.jsonl');
  await writeFile(damaged, (await readFile(file, 'utf8')).replaceAll('hello', 'forged'));
  await server.stop();
  await pass(server, 4 * DAY, chat);
  await server.start();
  const third = await ann.open(browser);
  await third.ready();
  await imports(third, damaged);
  await expect(third.page.getByText(`已导入，新增 ${before.length - 1} 条记录。`)).toBeVisible();
  await third.goto(`/chats/${chat}`);
  await expect(third.log.locator('li.seam[data-expired]')).toContainText('更早的 1 条消息已过期');
  await expect(third.page.getByText('forged')).toHaveCount(0);
});

test('a history that was cleared here comes back as far as the server keeps it', async ({
  browser,
  server,
}) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  for (const text of ['1', '2']) await ben.say(chat, text);
  const screen = await ann.open(browser);
  await screen.goto('/settings');
  const disk = new Disk(screen.page, ann);
  const before = await ann.events(chat);
  await expect.poll(() => disk.events(chat)).toEqual(before);
  await disk.put('events', [[[chat, 1], 'not an event']]);
  await screen.page.getByRole('button', { name: '清除本机记录' }).click();
  await screen.page.getByRole('dialog').getByRole('button', { name: '清除本机记录' }).click();
  await expect(screen.page.getByText('已清除')).toBeVisible();
  await expect.poll(() => disk.events(chat)).toEqual(before);
  await screen.goto(`/chats/${chat}`);
  expect(await screen.texts()).toEqual(['1', '2']);
});
