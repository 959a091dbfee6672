import { chromium, expect, test, type Page, type Response } from '@playwright/test';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Disk } from '../fixtures/disk.ts';
import type { Conversation, Person } from '../fixtures/people.ts';
import { Screen } from '../fixtures/screen.ts';

/** What the program that makes the faults tells of itself, in the file that ZSPCHAT_CHAOS names. */
interface Plan {
  /** The site's address, as the nodes know it. */
  origin: string;
  /**
   * Where one waits for the other: the program writes `stop` (write no more) and `end` (nobody does),
   * each person `ready` (is logged in), `sent` (has sent all) and `json` (what the browser holds).
   */
  folder: string;
  /** The program's process: when it is gone, so is all that is to be done. */
  program: number;
  password: string;
  /** Where they write. */
  conversations: string[];
  people: {
    handle: string;
    id: string;
    /** Host and port of the node that this one's browser takes for the site. */
    node: string;
  }[];
}

/** What the server said to a command. */
interface Answer {
  conversation: string;
  client_id: string;
  status: number;
  at: number;
  seq?: number;
  code?: string;
}

/** A line of the list of conversations, as the disk has it. */
interface Kept {
  conversation: Conversation;
  /** Which stretches of the log are here whole, lowest first. */
  ranges: [number, number][];
}

/** Between two messages of a person, in milliseconds. */
const PAUSE = 1_500;
/** How long each step to rest may take, in milliseconds. */
const PATIENCE = 240_000;

test('people in browsers take part', async () => {
  const plan = JSON.parse(readFileSync(process.env.ZSPCHAT_CHAOS ?? '', 'utf8')) as Plan;
  await Promise.all(plan.people.map((person) => live(plan, person)));
});

async function live(plan: Plan, { handle, id, node }: Plan['people'][number]): Promise<void> {
  const { launchOptions } = test.info().project.use;
  // Cookies, storage and `Origin` are the site's, whichever node answers.
  const map = `--host-resolver-rules=MAP ${new URL(plan.origin).host} ${node}`;
  const browser = await chromium.launch({
    ...launchOptions,
    args: [...(launchOptions?.args ?? []), map],
  });
  const page = await (await browser.newContext({ baseURL: plan.origin })).newPage();
  page.setDefaultTimeout(10_000);
  const answers: Answer[] = [];
  page.on('response', (response) => void note(response, answers));
  await page.goto('/login');
  await page.locator('input[name=handle]').fill(handle);
  await page.locator('input[name=password]').fill(plan.password);
  await page.locator('input[name=password]').press('Enter');
  await page.waitForURL('**/chats');
  const person = { id, handle } as Person;
  const screen = new Screen(person, page);
  await screen.ready();
  writeFileSync(join(plan.folder, `${handle}.ready`), '');

  const said: { conversation: string; text: string }[] = [];
  for (let count = 1; !existsSync(join(plan.folder, 'stop')) && lives(plan.program); count += 1) {
    const conversation = plan.conversations[count % plan.conversations.length] ?? '';
    const text = `${handle}:${count}`;
    try {
      if (count % 15 === 0) await page.reload();
      await page.goto(`/chats/${conversation}`);
      await screen.ready();
      await screen.say(text);
      // Shown, it is in the outbox; before that it would still be the draft.
      await expect(screen.message(text)).toBeVisible();
      said.push({ conversation, text });
    } catch {
      // The node is down, or this one was removed from the group: what could be written counts.
    }
    await pause(PAUSE + Math.random() * PAUSE);
  }
  const disk = new Disk(page, person);
  await until(plan, () => hasSentAll(disk));
  writeFileSync(join(plan.folder, `${handle}.sent`), '');
  await until(plan, () => existsSync(join(plan.folder, 'end')));
  await until(plan, () => hasAll(page, disk));
  if (!lives(plan.program)) return browser.close();
  const rows = async (table: 'events' | 'conversations' | 'outbox') =>
    (await disk.rows(table)).map(([, text]) => JSON.parse(text) as unknown);
  const history = {
    user: id,
    name: handle,
    events: await rows('events'),
    records: await rows('conversations'),
    outbox: await rows('outbox'),
    shown: await screen.texts(),
    said,
    answers,
  };
  writeFileSync(join(plan.folder, `${handle}.json`), JSON.stringify(history));
  await browser.close();
}

function lives(program: number): boolean {
  try {
    return process.kill(program, 0);
  } catch {
    return false;
  }
}

async function note(response: Response, answers: Answer[]): Promise<void> {
  const request = response.request();
  const conversation = /\/conversations\/([^/]+)\/commands$/.exec(new URL(request.url()).pathname)?.[1];
  if (conversation === undefined) return;
  try {
    const { client_id } = request.postDataJSON() as { client_id: string };
    const { seq, code } = (await response.json()) as { seq?: number; code?: string };
    answers.push({ conversation, client_id, status: response.status(), at: Date.now(), seq, code });
  } catch {
    // The page went on, or the connection broke: nobody was told anything.
  }
}

/** Waits for it; not for ever: what is not so by then is found by whoever compares. */
async function until(plan: Plan, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE;
  while (lives(plan.program) && Date.now() < end && !(await holds())) await pause(500);
}

/** Whether nothing is to be sent any more. */
async function hasSentAll(disk: Disk): Promise<boolean> {
  const entries = (await disk.rows('outbox')).map(([, text]) => JSON.parse(text) as { state?: unknown });
  return entries.every(({ state }) => typeof state === 'object');
}

/** Whether all is here that the server has, and all was told that was read. */
async function hasAll(page: Page, disk: Disk): Promise<boolean> {
  const answer = await page.request.get('/api/v1/conversations').catch(() => undefined);
  if (answer === undefined || !answer.ok()) return false;
  const { conversations } = (await answer.json()) as { conversations: Conversation[] };
  const kept = new Map<string, Kept>();
  for (const [, text] of await disk.rows('conversations')) {
    const record = JSON.parse(text) as Kept;
    kept.set(record.conversation.id, record);
  }
  return conversations.every(({ id, head, floor, mine }) => {
    const record = kept.get(id);
    const from = Math.max(floor, mine.joined_seq);
    return (
      record?.conversation.head === head &&
      record.conversation.mine.read_seq === mine.read_seq &&
      record.ranges.some(([first, last]) => first <= from && last >= head)
    );
  });
}
