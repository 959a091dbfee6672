import type { Browser } from '@playwright/test';
import { DAY, days, pass } from '../fixtures/database.ts';
import { Disk } from '../fixtures/disk.ts';
import { type Event, Person, texts } from '../fixtures/people.ts';
import { Screen } from '../fixtures/screen.ts';
import { expect, test } from '../fixtures/server.ts';

/** The line that tells of the last check of the history. */
function checked(screen: Screen) {
  return screen.page.locator('.list p.quiet');
}

/** The same browser, where the clock goes wrong by so many milliseconds. */
async function openWithClock(person: Person, browser: Browser, by: number): Promise<Screen> {
  const context = await browser.newContext({ baseURL: person.server.origin });
  await context.addInitScript((by) => {
    const Right = Date;
    const now = () => Right.now() + by;
    globalThis.Date = class extends Right {
      constructor(...given: unknown[]) {
        super(...((given.length === 0 ? [now()] : given) as [number]));
      }
      static override now = now;
    } as DateConstructor;
  }, by);
  return new Screen(person, await person.logIn(await context.newPage()));
}

/** `14:05`, as people in Shanghai see it. */
function clock(at: number): string {
  const format = {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: 'Asia/Shanghai',
  } as const;
  return new Intl.DateTimeFormat('zh-CN', format).format(at);
}

/** The day of a time: `20261127`. */
function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10).replaceAll('-', '');
}

test('a history that was tampered with equals the server after a log-in, which says what was put right', async ({
  browser,
  server,
}) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  const group = await ben.group('group', ann);
  for (let count = 1; count <= 20; count += 1) await ben.say(chat, `message ${count}`);
  for (let count = 1; count <= 5; count += 1) await ben.say(group, `in the group ${count}`);
  const screen = await ann.open(browser);
  await screen.goto(`/chats/${chat}`);
  await expect(checked(screen)).toHaveText('已校准');
  const disk = new Disk(screen.page, ann);
  const [before, others] = [await ann.events(chat), await ann.events(group)];
  await expect.poll(() => disk.events(chat)).toEqual(before);
  await expect.poll(() => disk.events(group)).toEqual(others);

  const held = new Map(before.map((event) => [event.seq, event]));
  const altered = (seq: number, change: Partial<Event>): [[string, number], string] => {
    const event = held.get(seq) as Event;
    return [[chat, change.seq ?? seq], JSON.stringify({ ...event, ...change })];
  };
  const body = (text: string) => ({ content: { type: 'text', text } });
  await disk.put('events', [
    // Changed: a text, and two that stand in each other's place.
    altered(5, { body: body('forged') }),
    altered(11, { ...held.get(12), seq: 11 }),
    altered(12, { ...held.get(11), seq: 12 }),
    // Too many: beyond the end, and one that stands in a place that is not its own.
    altered(3, { seq: 1_000, msg_no: 1_000, body: body('from nowhere') }),
    [[chat, 2_000], JSON.stringify(held.get(4))],
    // What is no event at all.
    [[chat, 15], 'not even JSON'],
  ]);
  // Missing.
  await disk.remove('events', [
    [chat, 8],
    [chat, 9],
    [group, 3],
  ]);

  await screen.context.clearCookies({ name: 'session' });
  await screen.page.goto('/login');
  await ann.logIn(screen.page);
  await expect(checked(screen)).toHaveText('已校准，按服务器修正了 9 处');
  expect(await disk.events(chat)).toEqual(before);
  expect(await disk.events(group)).toEqual(others);
  await screen.open(chat);
  await expect(screen.messages).toHaveCount(20);
  expect(await screen.texts()).toEqual(texts(before));
  // What was counted by what is gone does not hide what comes.
  await screen.page.goto('/chats');
  await screen.ready();
  await ben.say(chat, 'new');
  await expect(screen.row(chat).locator('.badge')).toHaveText('1');
});

test('what was tampered with is put right on the screen that shows it', async ({ browser, server }) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  for (let count = 1; count <= 10; count += 1) await ben.say(chat, `message ${count}`);
  const screen = await ann.open(browser);
  await screen.goto(`/chats/${chat}`);
  await expect(checked(screen)).toHaveText('已校准');
  const disk = new Disk(screen.page, ann);
  const before = await ann.events(chat);
  await expect.poll(() => disk.events(chat)).toEqual(before);
  const last = before.at(-1) as Event;
  const ghost = { ...last, seq: last.seq + 5, body: { content: { type: 'text', text: 'a ghost' } } };
  await disk.put('events', [[[chat, ghost.seq], JSON.stringify(ghost)]]);
  await screen.page.reload();
  await expect(checked(screen)).toHaveText('已校准，按服务器修正了 1 处');
  await expect(screen.message('a ghost')).toHaveCount(0);
  expect(await screen.texts()).toEqual(texts(before));
});

for (const [name, by] of [
  ['ahead', 3_600_000],
  ['behind', -3_600_000],
] as const) {
  test(`with a clock one hour ${name}, messages are sent, stand in order and show the right time`, async ({
    browser,
    server,
  }) => {
    const [ann, ben] = await Person.friends(server, 'ann', 'ben');
    const chat = await ann.with(ben);
    const screen = await openWithClock(ann, browser, by);
    await screen.goto(`/chats/${chat}`);
    expect(Math.abs((await screen.page.evaluate(() => Date.now())) - by - Date.now())).toBeLessThan(
      60_000,
    );
    await ben.say(chat, '1');
    await expect(screen.message('1')).toBeVisible();
    await screen.say('2');
    await expect(screen.message('2')).toHaveAttribute('data-state', 'sent');
    await ben.say(chat, '3');
    await screen.say('4');
    await expect(screen.inState('sent')).toHaveCount(4);
    expect(await screen.texts()).toEqual(['1', '2', '3', '4']);
    expect(await ann.texts(chat)).toEqual(['1', '2', '3', '4']);

    const events = await ann.events(chat);
    // The ids of commands carry the server's time.
    for (const { client_id, at } of events.filter((event) => event.kind === 'message')) {
      expect(Math.abs(parseInt(client_id.replaceAll('-', '').slice(0, 12), 16) - at)).toBeLessThan(
        60_000,
      );
    }
    const first = events.find((event) => event.kind === 'message') as Event;
    // Today, so without a date; one that stands above the first message, and no other.
    await expect(screen.log.locator('li.time')).toHaveText([clock(events[0]?.sent_at ?? 0)]);
    await expect(screen.row(chat).locator('time')).toHaveText(clock(events.at(-1)?.at ?? first.at));
    // A rule that goes by time.
    await screen.choose(screen.bubble('4'), '撤回');
    await expect(screen.log.getByText('你撤回了一条消息')).toBeVisible();
    await screen.page.reload();
    await screen.ready();
    await expect(checked(screen)).toHaveText('已校准');
  });
}

test('messages four days old stay in the browser that held them, and a new one is told how many are gone', async ({
  browser,
  server,
}) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.group('old times', ben);
  const early = ['1', '2', '3'];
  for (const text of early) await ben.say(chat, text);
  // One browser sees the first three only, another one all.
  const away = await ann.open(browser);
  await away.goto(`/chats/${chat}`);
  await expect(away.messages).toHaveCount(3);
  await expect(checked(away)).toHaveText('已校准');
  await away.page.close();
  await ann.command(chat, { kind: 'rename', name: 'older times' });
  const late = ['4', '5', '6', '7'];
  for (const text of late) await ben.say(chat, text);
  const old = await ann.open(browser);
  await old.goto(`/chats/${chat}`);
  await expect(old.messages).toHaveCount(7);
  const disk = new Disk(old.page, ann);
  const before = await ann.events(chat);
  await expect.poll(() => disk.events(chat)).toEqual(before);

  const oldDays = new Set(before.map(({ at }) => day(at)));
  if (server.database) expect(await days(server)).toEqual(expect.arrayContaining([...oldDays]));
  await server.stop();
  await pass(server, 4 * DAY, chat);
  await server.start();
  await expect.poll(async () => (await ann.events(chat)).length).toBe(0);
  // On Postgres whole days go.
  if (server.database) {
    const gone = async () => (await days(server)).filter((one) => oldDays.has(one));
    await expect.poll(gone).toEqual([]);
  }

  await old.page.reload();
  await old.ready();
  await expect(checked(old)).toHaveText('已校准');
  await expect(old.messages).toHaveCount(7);
  expect(await disk.events(chat)).toEqual(before);
  await expect(old.log.locator('li.seam[data-expired]')).toHaveCount(0);

  const fresh = await ann.open(browser);
  await fresh.goto(`/chats/${chat}`);
  await expect(fresh.log.locator('li.seam[data-expired]')).toContainText('更早的 7 条消息已过期');
  await expect(fresh.messages).toHaveCount(0);

  // What comes now stands below the seam, and the old browser goes on without one.
  await ben.say(chat, '8');
  await expect(fresh.message('8')).toBeVisible();
  await expect(fresh.log.locator('li.seam[data-expired]')).toHaveText(/更早的 7 条消息已过期/);
  await expect(old.messages).toHaveCount(8);
  await expect(old.log.locator('li.seam[data-expired]')).toHaveCount(0);
  expect(await old.texts()).toEqual([...early, ...late, '8']);

  // The one that was away has a hole, and says how large it is.
  const back = await away.another(`/chats/${chat}`);
  await expect(back.message('8')).toBeVisible();
  const seam = back.log.locator('li.seam[data-expired]');
  await expect(seam).toHaveText(/更早的 4 条消息已过期/);
  expect(await back.texts()).toEqual([...early, '8']);
  for (const screen of [back, fresh, old]) {
    await screen.page.reload();
    await screen.ready();
  }
  await expect(seam).toHaveText(/更早的 4 条消息已过期/);
  expect(await back.texts()).toEqual([...early, '8']);
  await expect(fresh.log.locator('li.seam[data-expired]')).toHaveText(/更早的 7 条消息已过期/);
  expect(await old.texts()).toEqual([...early, ...late, '8']);
});

test('what the reader deleted, hid or cleared stays so over reloads and checks', async ({
  browser,
  server,
}) => {
  const [ann, ben, cat] = await Person.friends(server, 'ann', 'ben', 'cat');
  const [chat, hidden, cleared] = [
    await ann.with(ben),
    await ann.with(cat),
    await ann.group('cleared', ben),
  ];
  for (const text of ['stays', 'to be deleted', 'stays too']) await ben.say(chat, text);
  await cat.say(hidden, 'hidden with its conversation');
  for (const text of ['gone', 'gone too']) await ben.say(cleared, text);
  const screen = await ann.open(browser);
  await screen.goto(`/chats/${chat}`);
  await expect(checked(screen)).toHaveText('已校准');

  await screen.choose(screen.bubble('to be deleted'), '删除');
  await screen.page.getByRole('dialog').getByRole('button', { name: '删除', exact: true }).click();
  await expect(screen.message('to be deleted')).toHaveCount(0);
  await screen.choose(screen.row(hidden), '不显示聊天');
  await expect(screen.row(hidden)).toHaveCount(0);
  await screen.choose(screen.row(cleared), '删除聊天');
  await screen.page.getByRole('dialog').getByRole('button', { name: '删除', exact: true }).click();
  await expect(screen.row(cleared)).toHaveCount(0);

  const check = async (screen: Screen) => {
    await expect(checked(screen)).toHaveText('已校准');
    expect(await screen.texts()).toEqual(['stays', 'stays too']);
    await expect(screen.row(chat)).toHaveCount(1);
    await expect(screen.row(hidden)).toHaveCount(0);
    await expect(screen.row(cleared)).toHaveCount(0);
  };
  await screen.page.reload();
  await screen.ready();
  await check(screen);
  await screen.context.clearCookies({ name: 'session' });
  await screen.page.goto('/login');
  await ann.logIn(screen.page);
  await screen.goto(`/chats/${chat}`);
  await check(screen);
  expect(await new Disk(screen.page, ann).events(cleared)).toEqual([]);

  // A message brings the conversation back: the hidden one whole, the cleared one empty but for it.
  await cat.say(hidden, 'here again');
  await ben.say(cleared, 'new');
  await screen.open(hidden);
  await expect(screen.message('here again')).toBeVisible();
  expect(await screen.texts()).toEqual(['hidden with its conversation', 'here again']);
  await screen.open(cleared);
  await expect(screen.message('new')).toBeVisible();
  expect(await screen.texts()).toEqual(['new']);
  await expect(screen.log.locator('li.seam[data-expired]')).toHaveCount(0);
  const other = await ann.open(browser);
  await other.goto(`/chats/${cleared}`);
  await expect(other.message('new')).toBeVisible();
  expect(await other.texts()).toEqual(['new']);
});
