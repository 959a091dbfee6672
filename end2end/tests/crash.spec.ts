import { setTimeout as pause } from 'node:timers/promises';
import { log } from '../fixtures/database.ts';
import { Disk } from '../fixtures/disk.ts';
import { Person, type Event, texts, uuid7 } from '../fixtures/people.ts';
import { expect, test } from '../fixtures/server.ts';

/** What a program wrote, and what it was told of it. */
interface Sent {
  client_id: string;
  text: string;
  event: Event;
}

/** Sends one message after the other, and each until it is answered, as long as `goes` is true. */
async function sends(person: Person, chat: string, name: string, goes: () => boolean): Promise<Sent[]> {
  const sent: Sent[] = [];
  while (goes()) {
    const client_id = uuid7();
    const text = `${name} ${sent.length + 1}`;
    const command = { client_id, kind: 'send', content: { type: 'text', text } };
    for (;;) {
      // No answer, or none that says it is stored: the same again.
      const answer = await person
        .request('POST', `conversations/${chat}/commands`, command)
        .then(async (response) =>
          response.status === 201 ? ((await response.json()) as Event) : undefined,
        )
        .catch(() => undefined);
      // The browsers have to keep up.
      await pause(20);
      if (answer !== undefined) {
        sent.push({ client_id, text, event: answer });
        break;
      }
    }
  }
  return sent;
}

// So that the programs are held up by the disk, and by nothing else.
test.use({ serverOptions: { env: { ZSPCHAT_LIMITS_COMMANDS_PER_WINDOW: '1000000' } } });

test('after SIGKILL in mid-traffic every 201 is there, nothing twice, and both browsers equal the database', async ({
  browser,
  server,
}) => {
  test.setTimeout(240_000);
  const [ann, ben, cat] = await Person.friends(server, 'ann', 'ben', 'cat');
  const chat = await ann.group('crash', ben, cat);
  const screens = [await ann.open(browser), await ben.open(browser)] as const;
  for (const screen of screens) await screen.goto(`/chats/${chat}`);

  let going = true;
  const programs = [
    sends(cat, chat, 'one', () => going),
    sends(cat, chat, 'two', () => going),
    sends(ann, chat, 'three', () => going),
  ];
  const typed: string[] = [];
  const type = async (round: string) => {
    for (const [at, screen] of screens.entries()) {
      for (let count = 1; count <= 3; count += 1) {
        const text = `${round}: browser ${at}, message ${count}`;
        await screen.say(text);
        typed.push(text);
      }
    }
  };

  for (const round of ['first', 'second']) {
    const before = (await log(server, chat)).length;
    await type(`${round}, before`);
    await expect.poll(async () => (await log(server, chat)).length).toBeGreaterThan(before + 20);
    await server.kill();
    await type(`${round}, while it was down`);
    await server.start();
  }
  await type('in the end');
  going = false;
  const sent = (await Promise.all(programs)).flat();

  for (const screen of screens) {
    await expect(screen.inState('waiting')).toHaveCount(0, { timeout: 45_000 });
  }
  const stored = await log(server, chat);
  expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, at) => at + 1));
  const events = await ann.events(chat);
  // Each 201 is there, as it was answered.
  const bySeq = new Map(events.map((event) => [event.seq, event]));
  for (const { client_id, event } of sent) {
    expect(bySeq.get(event.seq)?.client_id).toBe(client_id);
  }
  // Everything once, and nothing else.
  const wanted = [...sent.map(({ text }) => text), ...typed].sort();
  expect(texts(events).sort()).toEqual(wanted);
  const ids = events.map((event) => event.client_id);
  expect(new Set(ids).size).toBe(ids.length);
  // What each wrote one after the other stands in that order.
  for (const name of ['one', 'two', 'three']) {
    const own = texts(events).filter((text) => text.startsWith(`${name} `));
    expect(own).toEqual(own.map((_, at) => `${name} ${at + 1}`));
  }
  for (const [at] of screens.entries()) {
    const own = texts(events).filter((text) => text.includes(`browser ${at},`));
    expect(own).toEqual(typed.filter((text) => text.includes(`browser ${at},`)));
  }

  for (const screen of screens) {
    const disk = new Disk(screen.page, screen.person);
    await expect
      .poll(async () => (await disk.events(chat)).map(({ seq }) => seq), { timeout: 45_000 })
      .toEqual(stored.map(({ seq }) => seq));
    const held = await disk.events(chat);
    expect(held.map(({ seq, kind, body }) => ({ seq, kind, body }))).toEqual(stored);
    expect(held).toEqual(events);
    expect(await disk.rows('outbox')).toEqual([]);
    // The screen shows the newest of it, and nothing else.
    const shown = await screen.texts();
    expect(shown.length).toBeGreaterThan(20);
    expect(shown).toEqual(texts(events).slice(-shown.length));
  }
});
