import type { Page } from '@playwright/test';
import { Disk } from '../fixtures/disk.ts';
import { COMMANDS, READS, STREAM, expect, test } from '../fixtures/network.ts';
import { Person } from '../fixtures/people.ts';

const TEN = Array.from({ length: 10 }, (_, at) => `第 ${at + 1} 条`);

/** Ends a tab as the system does that runs out of memory: nothing of it runs any more. */
async function crash(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  // It never answers.
  session.send('Page.crash').catch(() => undefined);
  await crashed;
  await page.close();
}

test('ten messages written while the network goes and the tab dies all arrive once, in order', async ({
  browser,
  server,
  network,
}) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  const reader = await ben.open(browser);
  await reader.goto(`/chats/${chat}`);
  const writer = await ann.open(browser, { baseURL: network.origin });
  await writer.goto(`/chats/${chat}`);

  for (const text of TEN.slice(0, 3)) await writer.say(text);
  await expect(writer.inState('sent')).toHaveCount(3);
  // The server gets the fourth, but nobody hears of it.
  network.hold(STREAM);
  network.lose(COMMANDS);
  await writer.say(TEN[3] ?? '');
  await expect.poll(() => network.lost).toBeGreaterThan(0);
  network.cut();
  for (const text of TEN.slice(4)) await writer.say(text);
  await expect(writer.messages).toHaveCount(10);
  await expect(writer.notice('网络不可用')).toBeVisible();
  await expect
    .poll(async () => (await new Disk(writer.page, ann).rows('outbox')).length)
    .toBeGreaterThan(5);
  await crash(writer.page);
  expect((await ann.texts(chat)).length).toBeLessThan(10);

  network.mend();
  const reopened = await writer.another(`/chats/${chat}`);
  await expect(reopened.inState('sent')).toHaveCount(10);
  expect(await reopened.texts()).toEqual(TEN);
  expect(await ann.texts(chat)).toEqual(TEN);
  await expect(reader.messages).toHaveCount(10);
  expect(await reader.texts()).toEqual(TEN);
  expect(await new Disk(reopened.page, ann).rows('outbox')).toEqual([]);
});

test('what is not in the outbox yet when the tab goes is still in the composer', async ({
  browser,
  server,
}) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  const writer = await ann.open(browser);
  await writer.goto(`/chats/${chat}`);
  await new Disk(writer.page, ann).hold('outbox');
  await writer.say('写到一半');
  await expect(writer.messages).toHaveCount(0);
  await crash(writer.page);

  const reopened = await writer.another(`/chats/${chat}`);
  await expect(reopened.composer).toHaveValue('写到一半');
  await expect(reopened.messages).toHaveCount(0);
  await reopened.composer.press('Enter');
  await expect(reopened.inState('sent')).toHaveCount(1);
  expect(await reopened.texts()).toEqual(['写到一半']);
  await reopened.page.reload();
  await reopened.ready();
  await expect(reopened.composer).toHaveValue('');
  expect(await ann.texts(chat)).toEqual(['写到一半']);
});

test('a message whose answers are lost is sent again, and is there once', async ({
  browser,
  server,
  network,
}) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  const writer = await ann.open(browser, { baseURL: network.origin });
  await writer.goto(`/chats/${chat}`);

  await writer.say(TEN[0] ?? '');
  await expect(writer.inState('sent')).toHaveCount(1);
  // Neither the answer nor anything else tells that it is stored.
  network.hold(STREAM, READS);
  network.lose(COMMANDS, 2);
  for (const text of TEN.slice(1, 4)) await writer.say(text);
  await expect(writer.inState('sent')).toHaveCount(4);
  expect(network.lost).toBe(2);
  expect(await writer.texts()).toEqual(TEN.slice(0, 4));
  expect(await ann.texts(chat)).toEqual(TEN.slice(0, 4));
});

test('while an answer is slow, a message waits with a clock and the next one waits behind it', async ({
  browser,
  server,
  network,
}) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  const writer = await ann.open(browser, { baseURL: network.origin });
  await writer.goto(`/chats/${chat}`);
  await writer.say('before');
  await expect(writer.inState('sent')).toHaveCount(1);

  // Neither the answer nor anything else tells that it is stored.
  network.hold(COMMANDS, STREAM, READS);
  const posted = network.passed(COMMANDS);
  await writer.say('slow');
  await expect.poll(() => ben.texts(chat)).toEqual(['before', 'slow']);
  await writer.say('behind it');
  for (const text of ['slow', 'behind it']) {
    await expect(writer.message(text)).toHaveAttribute('data-state', 'waiting');
    await expect(writer.message(text).getByRole('img', { name: '等待发送' })).toBeVisible();
  }
  expect(network.passed(COMMANDS) - posted).toBe(1);
  network.mend();
  await expect(writer.inState('sent')).toHaveCount(3);
  expect(network.passed(COMMANDS) - posted).toBe(2);
  expect(await ann.texts(chat)).toEqual(['before', 'slow', 'behind it']);
});

test('a refused message says why, and can be sent again, edited or deleted', async ({
  browser,
  server,
}) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  const writer = await ann.open(browser);
  await writer.goto(`/chats/${chat}`);
  await ben.ask('DELETE', `contacts/${ann.id}`);

  for (const text of ['again', 'to be edited', 'to be deleted']) await writer.say(text);
  await expect(writer.inState('refused')).toHaveCount(3);
  await expect(writer.message('again').getByRole('alert')).toContainText('你还不是对方的好友');
  await expect(writer.message('again').getByRole('link', { name: '申请添加' })).toBeVisible();

  // It is on the disk, with its reason.
  await writer.page.reload();
  await writer.ready();
  await expect(writer.inState('refused')).toHaveCount(3);

  await writer.message('to be deleted').getByRole('button', { name: '删除' }).click();
  await expect(writer.inState('refused')).toHaveCount(2);
  await writer.message('to be edited').getByRole('button', { name: '编辑' }).click();
  await expect(writer.inState('refused')).toHaveCount(1);
  await expect(writer.composer).toHaveValue('to be edited');

  // Still refused, in another place of the outbox.
  const place = (await writer.inState('refused').getAttribute('data-position')) ?? '';
  await writer.message('again').getByRole('button', { name: '重发' }).click();
  await expect(writer.inState('refused')).not.toHaveAttribute('data-position', place);
  await ann.befriend(ben);
  await writer.message('again').getByRole('button', { name: '重发' }).click();
  await expect(writer.message('again')).toHaveAttribute('data-state', 'sent');
  await writer.composer.fill('edited');
  await writer.composer.press('Enter');
  await expect(writer.inState('sent')).toHaveCount(2);
  await expect(writer.inState('refused')).toHaveCount(0);
  expect(await ben.texts(chat)).toEqual(['again', 'edited']);
  expect(await new Disk(writer.page, ann).rows('outbox')).toEqual([]);
});

test('while no tab leads, what is sent, sent again and deleted is shown in all tabs', async ({
  browser,
  server,
}) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  const writer = await ann.open(browser);
  await writer.goto(`/chats/${chat}`);
  await ben.ask('DELETE', `contacts/${ann.id}`);
  for (const text of ['again', 'to be deleted']) await writer.say(text);
  await expect(writer.inState('refused')).toHaveCount(2);
  await ann.befriend(ben);

  // Another page has the lock by which a tab leads, and says nothing: for two seconds nobody takes it.
  const silent = await writer.context.newPage();
  await silent.goto('/offline');
  await silent.evaluate((name) => {
    const forever = () => new Promise(() => undefined);
    navigator.locks.request(name, { steal: true }, forever).catch(() => undefined);
  }, `zspchat-${ann.id}`);
  const other = await writer.another(`/chats/${chat}`);
  await writer.page.reload();
  await writer.ready();
  for (const tab of [writer, other]) await expect(tab.inState('refused')).toHaveCount(2);

  await writer.message('to be deleted').getByRole('button', { name: '删除' }).click();
  for (const tab of [writer, other]) await expect(tab.message('to be deleted')).toHaveCount(0);
  await writer.message('again').getByRole('button', { name: '重发' }).click();
  await writer.say('new');
  for (const tab of [writer, other]) {
    await expect(tab.inState('sent')).toHaveCount(2);
    expect(await tab.texts()).toEqual(['again', 'new']);
  }
});
