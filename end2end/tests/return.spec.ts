import { Disk } from '../fixtures/disk.ts';
import { Person } from '../fixtures/people.ts';
import type { Screen } from '../fixtures/screen.ts';
import { expect, test } from '../fixtures/server.ts';

test.use({ serverOptions: { env: { ZSPCHAT_LIMITS_COMMANDS_PER_WINDOW: '2000' } } });

/** Reads a log from its newest line up to its oldest, as a reader would, and gives all texts. */
async function readThrough(screen: Screen): Promise<string[]> {
  let all = await screen.texts();
  for (;;) {
    await screen.log.evaluate((log) => log.scrollTo(0, -log.scrollHeight));
    const top = all[0];
    const more = screen.log.locator('li.more');
    await expect
      .poll(async () => (await more.count()) === 0 || (await screen.texts())[0] !== top)
      .toBe(true);
    const texts = await screen.texts();
    const known = texts.indexOf(all[0] ?? '');
    if (known > 0) all = [...texts.slice(0, known), ...all];
    if ((await more.count()) === 0 && known === 0) return all;
  }
}

test('who was away finds all that was written to them meanwhile, in order', async ({
  browser,
  server,
}) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const here = await anna!.with(ben!);
  const one = await anna!.open(browser);
  await (await one.ready()).open(here);
  const said = [];
  for (let n = 1; n <= 5; n += 1) {
    said.push(`之前 ${n}`);
    await ben!.say(here, said.at(-1)!);
  }
  await expect.poll(() => one.texts()).toEqual(said);
  await expect.poll(async () => (await anna!.conversation(here)).mine.unread).toBe(0);
  await one.page.close();

  const since = Array.from({ length: 120 }, (_, n) => `离开后 ${n + 1}`);
  await ben!.sayAll(here, since);
  said.push(...since);
  const back = await one.another();
  await expect(back.row(here).locator('.badge')).toHaveText('99+');
  await expect(back.row(here).locator('.preview')).toContainText('离开后 120');
  await expect(back.page).toHaveTitle('(99+) zspchat');
  expect((await anna!.conversation(here)).mine.unread).toBe(120);

  await back.open(here);
  await expect(back.message('离开后 120'), 'it opens at its end').toBeInViewport();
  const up = back.page.getByRole('button', { name: '120 条新消息' });
  await expect(back.row(here).locator('.badge')).toHaveCount(0);
  await up.click();
  const divider = back.log.locator('li.seam.new');
  await expect(divider).toHaveText('以下为新消息');
  await expect(divider).toBeInViewport();
  const below = divider.locator('xpath=following-sibling::li[contains(@class,"message")][1]');
  await expect(below.locator('.bubble')).toHaveText('离开后 1');
  await expect(up).toHaveCount(0);

  await back.page.getByRole('button', { name: '回到底部' }).click();
  await expect(back.message('离开后 120')).toBeInViewport();
  expect(await readThrough(back)).toEqual(said);
  expect(await anna!.texts(here)).toEqual(said);
  await expect.poll(async () => (await anna!.conversation(here)).mine.unread).toBe(0);
});

test('who was away from a group of five finds all of it, and who called them', async ({
  browser,
  server,
}) => {
  const [anna, ...others] = await Person.friends(server, 'anna', 'ben', 'chen', 'dina', 'emil');
  const group = await others[0]!.group('爬山', anna, ...others.slice(1));
  const quiet = await others[1]!.group('安静', anna);
  const one = await anna.open(browser);
  await (await one.ready()).open(group);
  const said = ['欢迎'];
  await others[0]!.say(group, '欢迎');
  await expect(one.message('欢迎')).toBeVisible();
  await expect.poll(async () => (await anna.conversation(group)).mine.unread).toBe(0);
  await one.page.close();

  for (let n = 1; n <= 60; n += 1) {
    const writer = others[n % others.length]!;
    const called = n === 10 || n === 50;
    const text = called ? `@anna 第 ${n} 次，来吗？` : `${writer.name} 说 ${n}`;
    said.push(text);
    await writer.say(group, text, called ? { mentions: [anna.id] } : {});
  }
  await others[1]!.say(quiet, '嘘');

  const back = await one.another();
  await expect(back.row(group).locator('.badge')).toHaveText('60');
  await expect(back.row(group).locator('.mark')).toHaveText('[有人@我]');
  await expect(back.row(quiet).locator('.badge')).toHaveText('1');
  await expect(back.row(quiet).locator('.mark')).toHaveCount(0);
  await expect(back.page).toHaveTitle('(61) zspchat');
  await expect.poll(async () => (await back.listed()).slice(0, 2)).toEqual([quiet, group]);

  await back.open(group);
  await expect(back.message(said.at(-1)!)).toBeInViewport();
  await expect(back.row(group).locator('.mark')).toHaveCount(0);
  await expect(back.page).toHaveTitle('(1) zspchat');
  const called = back.page.getByRole('button', { name: '有人@我' });
  await called.click();
  const first = back.message('@anna 第 10 次，来吗？');
  await expect(first).toBeInViewport();
  await expect(first.locator('.mention')).toHaveText('@anna');
  await expect(called).toHaveCount(0);
  const up = back.page.getByRole('button', { name: '60 条新消息' });
  await up.click();
  const divider = back.log.locator('li.seam.new');
  await expect(divider).toBeInViewport();
  const below = divider.locator('xpath=following-sibling::li[contains(@class,"message")][1]');
  await expect(below.locator('.bubble')).toHaveText(said[1]!);

  await back.page.getByRole('button', { name: '回到底部' }).click();
  await expect(back.message(said.at(-1)!)).toBeInViewport();
  expect(await readThrough(back)).toEqual(said);
  expect(await anna.texts(group)).toEqual(said);
});

test('who comes back to an open chat by its address sees what is new there', async ({
  browser,
  server,
}) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const here = await anna!.with(ben!);
  await ben!.say(here, '之前');
  const one = await anna!.open(browser);
  await (await one.ready()).open(here);
  await expect(one.message('之前')).toBeVisible();
  await expect.poll(async () => (await anna!.conversation(here)).mine.unread).toBe(0);
  await one.page.close();
  await ben!.sayAll(here, Array.from({ length: 30 }, (_, n) => `之后 ${n + 1}`));

  const back = await one.another(`/chats/${here}`);
  await expect(back.message('之后 30')).toBeInViewport();
  await expect(back.log.locator('li.seam.new')).toHaveCount(1);
  await back.page.getByRole('button', { name: '30 条新消息' }).click();
  await expect(back.log.locator('li.seam.new')).toBeInViewport();
  await expect.poll(async () => (await anna!.conversation(here)).mine.unread).toBe(0);
  // Read once, it is new no more.
  await back.page.reload();
  await back.ready();
  await expect(back.message('之后 30')).toBeInViewport();
  await expect(back.log.locator('li.seam.new')).toHaveCount(0);
  await expect(back.page.locator('button.jump')).toHaveCount(0);
});

test('a browser that was never here finds the same', async ({ browser, server }) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const here = await anna!.with(ben!);
  const said = Array.from({ length: 130 }, (_, n) => `第 ${n + 1} 条`);
  await ben!.sayAll(here, said);
  const one = await anna!.open(browser);
  await one.ready();
  await expect(one.row(here).locator('.badge')).toHaveText('99+');
  await one.open(here);
  await expect(one.message('第 130 条')).toBeInViewport();
  expect(await readThrough(one)).toEqual(said);
});

test('a link leads to older messages until the oldest one is shown', async ({ browser, server }) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const here = await anna!.with(ben!);
  const said = Array.from({ length: 130 }, (_, n) => `第 ${n + 1} 条`);
  await ben!.sayAll(here, said);
  const one = await anna!.open(browser);
  await one.goto(`/chats/${here}`);
  const disk = new Disk(one.page, anna!);
  const { head } = await anna!.conversation(here);
  await expect.poll(async () => (await disk.events(here)).length).toBe(head);
  await one.goto(`/chats/${here}`);
  const more = one.log.locator('li.more a');
  await expect(more).toBeAttached();
  while ((await more.count()) > 0) {
    const [top] = await one.texts();
    // Without scrolling, which leads on by itself.
    await more.evaluate((link: HTMLElement) => link.click());
    await expect.poll(async () => (await one.texts())[0]).not.toBe(top);
  }
  expect(await one.texts()).toEqual(said);
});
