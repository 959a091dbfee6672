import type { Browser } from '@playwright/test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Service } from '../fixtures/cluster.ts';
import { Disk } from '../fixtures/disk.ts';
import { Person, uuid7 } from '../fixtures/people.ts';
import type { Screen } from '../fixtures/screen.ts';
import { type Server, expect, test } from '../fixtures/server.ts';

/** How long a service is away at least, in seconds: to be set by hand, such as to 600. */
const AWAY_SECONDS = Number(process.env.AWAY_SECONDS ?? 0);
/** Seconds between two messages that are written meanwhile. */
const BETWEEN = 10;
/** How long nodes and browsers may take to notice that a service is back. */
const BACK = { timeout: 60_000 };

test.setTimeout(180_000 + AWAY_SECONDS * 1_000);

/** Two friends on different nodes, each with their conversation open. */
async function talking(server: Server, browser: Browser) {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  const [writer, reader] = [await ann.open(browser), await ben.open(browser)];
  for (const screen of [writer, reader]) await screen.goto(`/chats/${chat}`);
  await writer.say('before');
  await expect(reader.message('before')).toBeVisible();
  await expect(writer.message('before')).toHaveAttribute('data-state', 'sent');
  return { ann, ben, chat, writer, reader };
}

/** Cuts the line to a service, and waits until each node says that it is away. */
async function goesAway(server: Server, service: Service, name: string, people: Person[]) {
  server.services.line(service).cut();
  for (const person of people) await expect.poll(() => person.away(), BACK).toContain(name);
}

async function comesBack(server: Server, service: Service, people: Person[]) {
  server.services.line(service).mend();
  for (const person of people) await expect.poll(() => person.away(), BACK).toEqual([]);
}

/** Writes now and then, for as long as the service is to be away, and gives what was written. */
async function writesOn(screen: Screen): Promise<string[]> {
  const written: string[] = [];
  for (let spent = 0; spent < AWAY_SECONDS; spent += BETWEEN) {
    const text = `meanwhile ${written.length + 1}`;
    await screen.say(text);
    written.push(text);
    await pause(BETWEEN * 1_000);
  }
  return written;
}

/** How what waits in a browser's outbox stands, in order. */
async function outbox(screen: Screen): Promise<unknown[]> {
  const rows = await new Disk(screen.page, screen.person).rows('outbox');
  return rows.map(([, text]) => (JSON.parse(text) as { state: unknown }).state);
}

test('while Postgres is away sends are accepted and browsers read their own history; then all is there, once, in order', async ({
  browser,
  server,
}) => {
  const { ann, ben, chat, writer, reader } = await talking(server, browser);
  await writer.page.evaluate(async () => void (await navigator.serviceWorker.ready));
  const accepted: number[] = [];
  writer.page.on('response', (answer) => {
    const posted = answer.request().method() === 'POST' && answer.url().endsWith('/commands');
    if (posted) accepted.push(answer.status());
  });
  await goesAway(server, 'postgres', 'database', [ann, ben]);

  const said = ['one', 'two', 'three'];
  for (const text of said) await writer.say(text);
  // The broker has them: a clock stands at each, and nothing is held back behind it.
  await expect.poll(() => outbox(writer)).toEqual(said.map(() => 'queued'));
  expect(accepted).toEqual(said.map(() => 202));
  for (const text of said) {
    await expect(writer.message(text)).toHaveAttribute('data-state', 'waiting');
  }
  for (const person of [ann, ben]) {
    const read = await person.request('GET', `conversations/${chat}/events?after=0`);
    expect(read.status).toBe(503);
    expect(read.headers.get('retry-after')).not.toBeNull();
  }
  // The page opens from what the browser holds, and nobody is logged out.
  await writer.page.reload();
  await writer.ready();
  await expect(writer.page).toHaveURL(new RegExp(`/chats/${chat}$`));
  expect(await writer.texts()).toEqual(['before', ...said]);
  await expect(writer.inState('waiting')).toHaveCount(said.length);
  said.push(...(await writesOn(writer)), 'after the page was opened again');
  await writer.say(said.at(-1) ?? '');
  await expect(writer.inState('waiting').last()).toContainText('after the page');

  await comesBack(server, 'postgres', [ann, ben]);
  const all = ['before', ...said];
  await expect(writer.inState('waiting')).toHaveCount(0, BACK);
  await expect.poll(() => outbox(writer), BACK).toEqual([]);
  await expect.poll(() => ben.texts(chat), BACK).toEqual(all);
  for (const screen of [writer, reader]) {
    await expect(screen.message(all.at(-1) ?? '')).toBeVisible(BACK);
    const shown = await screen.texts();
    expect(shown).toEqual(all.slice(-shown.length));
    const disk = new Disk(screen.page, screen.person);
    await expect.poll(() => disk.events(chat), BACK).toEqual(await ben.events(chat));
    await screen.page.reload();
    await screen.ready();
    await expect(screen.page).toHaveURL(new RegExp(`/chats/${chat}$`));
  }
});

test('while RabbitMQ is away a clock stands at what is written, and the rest goes on; then it goes out in order', async ({
  browser,
  server,
}) => {
  const { ann, ben, chat, writer, reader } = await talking(server, browser);
  const other = await (await ann.open(browser)).ready();
  await goesAway(server, 'amqp', 'rabbitmq', [ann, ben]);

  const said = ['one', 'two', 'three'];
  for (const text of said) await writer.say(text);
  for (const text of said) {
    await expect(writer.message(text)).toHaveAttribute('data-state', 'waiting');
    await expect(writer.message(text).getByRole('img', { name: '等待发送' })).toBeVisible();
  }
  const refused = await ann.request('POST', `conversations/${chat}/commands`, {
    client_id: uuid7(),
    kind: 'send',
    content: { type: 'text', text: 'by a program, which keeps nothing' },
  });
  expect(refused.status).toBe(503);
  // Reads and streams go on.
  expect(await ben.texts(chat)).toEqual(['before']);
  await writer.choose(writer.row(chat), '消息免打扰');
  await expect(other.row(chat).getByRole('img', { name: '消息免打扰' })).toBeVisible();
  await reader.page.reload();
  await reader.ready();
  expect(await reader.texts()).toEqual(['before']);
  said.push(...(await writesOn(writer)));
  expect(await outbox(writer)).toEqual(said.map(() => 'waiting'));

  await comesBack(server, 'amqp', [ann, ben]);
  await expect(writer.inState('waiting')).toHaveCount(0, BACK);
  const all = ['before', ...said];
  await expect(reader.message(all.at(-1) ?? '')).toBeVisible(BACK);
  expect(await ben.texts(chat)).toEqual(all);
  for (const screen of [writer, reader]) {
    const shown = await screen.texts();
    expect(shown).toEqual(all.slice(-shown.length));
  }
});

test('while Redis is away messages arrive all the same, and nobody is logged out, also when it comes back empty', async ({
  browser,
  server,
}) => {
  const { ann, ben, chat, writer, reader } = await talking(server, browser);
  const doing = writer.page.locator('section.chat > header small');
  await expect(doing).toHaveText('在线', BACK);
  // Both nodes know of both sessions.
  const [ending, staying] = [await ben.session(), await ben.session()];
  for (const origin of server.origins) {
    for (const session of [ending, staying]) expect(await session.at(origin)).toBe(200);
  }
  await goesAway(server, 'redis', 'redis', [ann, ben]);

  await expect(doing, 'presence is not known').toHaveText('', BACK);
  const took: number[] = [];
  const said: string[] = [];
  for (const text of ['one', 'two', 'three', 'four', 'five']) {
    const began = Date.now();
    await writer.say(text);
    await expect(reader.message(text)).toBeVisible();
    took.push(Date.now() - began);
    said.push(text);
  }
  // A second between two sweeps, and the screen's own time; with Redis there would be ten between them.
  expect(Math.max(...took)).toBeLessThan(6_000);
  said.push(...(await writesOn(writer)));
  await expect(writer.inState('waiting')).toHaveCount(0, BACK);
  for (const screen of [writer, reader]) {
    await screen.page.reload();
    await screen.ready();
    await expect(screen.page).toHaveURL(new RegExp(`/chats/${chat}$`));
    await expect(screen.message(said.at(-1) ?? '')).toBeVisible();
  }
  // Ended at one node, it is over at the other, which nobody could tell.
  await ending.end();
  for (const origin of server.origins) {
    await expect.poll(() => ending.at(origin), BACK).toBe(401);
    expect(await staying.at(origin)).toBe(200);
  }

  await server.services.emptyRedis();
  await comesBack(server, 'redis', [ann, ben]);
  for (const origin of server.origins) {
    expect(await ending.at(origin)).toBe(401);
    expect(await staying.at(origin)).toBe(200);
  }
  for (const screen of [writer, reader]) {
    await screen.page.reload();
    await screen.ready();
    await expect(screen.page).toHaveURL(new RegExp(`/chats/${chat}$`));
  }
  await expect(doing).toHaveText('在线', BACK);
  await reader.say('again');
  await expect(writer.message('again')).toBeVisible();
  expect(await ben.texts(chat)).toEqual(['before', ...said, 'again']);
});
