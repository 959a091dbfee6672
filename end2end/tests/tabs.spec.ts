import { setTimeout as pause } from 'node:timers/promises';
import type { Browser, CDPSession } from '@playwright/test';
import { Disk } from '../fixtures/disk.ts';
import { type Network, expect, test } from '../fixtures/network.ts';
import { Person } from '../fixtures/people.ts';
import type { Screen } from '../fixtures/screen.ts';
import type { Server } from '../fixtures/server.ts';

/**
 * How long it may take until a frozen tab is taken over, in milliseconds: where it holds a transaction of
 * IndexedDB, Chromium lets others wait for that for a minute before it aborts it.
 */
const TAKEN_OVER = 90_000;

/** Stops all that runs in a tab where this makes the debugger stop it, until that is told to resume. */
async function stopBy(
  screen: Screen,
  cause: (session: CDPSession) => Promise<unknown>,
): Promise<CDPSession> {
  const session = await screen.context.newCDPSession(screen.page);
  await session.send('Debugger.enable');
  const paused = new Promise((resolve) => session.once('Debugger.paused', resolve));
  await cause(session);
  await paused;
  return session;
}

/** Stops all that runs in a tab. */
function freeze(screen: Screen): Promise<CDPSession> {
  return stopBy(screen, (session) => session.send('Debugger.pause'));
}

/** Stops all that runs in a tab once this has made it write to its history, within the transaction. */
function freezeWriting(screen: Screen, makeItWrite: () => Promise<unknown>): Promise<CDPSession> {
  return stopBy(screen, async () => {
    await screen.page.evaluate(() => {
      const put = IDBObjectStore.prototype.put;
      IDBObjectStore.prototype.put = function (...given) {
        IDBObjectStore.prototype.put = put;
        const request = put.apply(this, given);
        // biome-ignore lint/suspicious/noDebugger: this is where it is to stop.
        debugger;
        return request;
      };
    });
    await makeItWrite();
  });
}

/** A chat with a friend, open in a tab that leads and in another one. */
async function twoTabs(browser: Browser, server: Server, network: Network) {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  const leading = await ann.open(browser, { baseURL: network.origin });
  await leading.goto(`/chats/${chat}`);
  await expect.poll(() => network.streams).toBe(1);
  const following = await leading.another(`/chats/${chat}`);
  return { ann, ben, chat, leading, following };
}

test('two tabs use one stream, and both show what comes', async ({ browser, server, network }) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  const first = await ann.open(browser, { baseURL: network.origin });
  await first.goto(`/chats/${chat}`);
  await expect.poll(() => network.streams).toBe(1);
  const second = await first.another(`/chats/${chat}`);
  const third = await first.another(`/chats/${chat}`);
  await ben.say(chat, 'to all of them');
  for (const tab of [first, second, third]) {
    await expect(tab.message('to all of them')).toBeVisible();
  }
  await second.say('from the second');
  for (const tab of [first, second, third]) {
    await expect(tab.message('from the second')).toHaveAttribute('data-state', 'sent');
  }
  expect(network.streams).toBe(1);
});

test('what the leading tab stored and told nobody of is shown by the next one', async ({
  browser,
  server,
}) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  const leading = await ann.open(browser);
  await leading.goto(`/chats/${chat}`);
  const next = await leading.another(`/chats/${chat}`);
  await ben.say(chat, 'told');
  await expect(next.message('told')).toBeVisible();
  await leading.page.evaluate(() => {
    BroadcastChannel.prototype.postMessage = () => undefined;
  });
  await ben.say(chat, 'not told');
  await expect(leading.message('not told')).toBeVisible();
  await leading.page.close();
  await expect(next.message('not told')).toBeVisible();
  await expect(next.notice('网络不可用')).toHaveCount(0);
});

test('when the leading tab closes, the next takes over and misses nothing', async ({
  browser,
  server,
  network,
}) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  const tabs = [await ann.open(browser, { baseURL: network.origin })];
  await tabs[0]?.goto(`/chats/${chat}`);
  await expect.poll(() => network.streams).toBe(1);
  for (let count = 0; count < 3; count += 1) {
    tabs.push(await (tabs[0] as Screen).another(`/chats/${chat}`));
  }

  // Ben writes all the time, while one tab after the other closes, each the leading one.
  let writing = true;
  const wrote = (async () => {
    const texts: string[] = [];
    while (writing) {
      const text = `${texts.length + 1}`;
      await ben.say(chat, text);
      texts.push(text);
      // At most 64 commands in ten seconds are allowed.
      await pause(200);
    }
    return texts;
  })();
  while (tabs.length > 1) {
    const [leading, next] = tabs as [Screen, Screen];
    const before = (await ann.texts(chat)).length;
    await expect(next.message(`${before + 3}`)).toBeVisible();
    await leading.page.close();
    tabs.shift();
    const closed = (await ann.texts(chat)).length;
    await expect(next.message(`${closed + 3}`)).toBeVisible();
    expect(network.streams).toBe(1);
  }
  writing = false;
  const texts = await wrote;
  const last = tabs[0] as Screen;
  await expect(last.messages).toHaveCount(texts.length);
  expect(await last.texts()).toEqual(texts);
});

test('what is written in a tab that does not lead is sent after the leading one is gone', async ({
  browser,
  server,
  network,
}) => {
  const { ben, chat, leading, following } = await twoTabs(browser, server, network);
  network.cut();
  await following.say('one');
  await following.say('two');
  await leading.page.close();
  await following.say('three');
  network.mend();
  await expect(following.inState('sent')).toHaveCount(3, { timeout: 30_000 });
  expect(await ben.texts(chat)).toEqual(['one', 'two', 'three']);
});

test('a frozen leading tab is taken over, and writes nothing when it wakes up', async ({
  browser,
  server,
  network,
}) => {
  test.setTimeout(60_000 + TAKEN_OVER);
  const { ann, ben, chat, leading, following } = await twoTabs(browser, server, network);
  await ben.say(chat, 'before');
  await expect(following.message('before')).toBeVisible();

  const frozen = await freeze(leading);
  await ben.say(chat, 'while it is frozen');
  await following.say('written meanwhile');
  await expect(following.message('while it is frozen')).toBeVisible({
    timeout: TAKEN_OVER,
  });
  await expect(following.message('written meanwhile')).toHaveAttribute('data-state', 'sent');

  await frozen.send('Debugger.resume');
  await frozen.detach();
  await ben.say(chat, 'after');
  for (const tab of [leading, following]) {
    await expect(tab.message('after')).toBeVisible();
    await expect(tab.messages).toHaveCount(4);
    expect(await tab.texts()).toEqual(await ben.texts(chat));
  }
  await expect.poll(() => network.streams).toBe(1);
  expect(await new Disk(following.page, ann).events(chat)).toEqual(await ann.events(chat));
});

test('a leading tab that is frozen within a transaction is taken over when the browser has aborted it', async ({
  browser,
  server,
  network,
}) => {
  test.setTimeout(60_000 + TAKEN_OVER);
  const { ann, ben, chat, leading, following } = await twoTabs(browser, server, network);

  const frozen = await freezeWriting(leading, () => ben.say(chat, 'while it is frozen'));
  await following.say('written meanwhile');
  await expect(following.message('while it is frozen')).toBeVisible({ timeout: TAKEN_OVER });
  await expect(following.message('written meanwhile')).toHaveAttribute('data-state', 'sent');

  // What came to nothing while it was frozen is no failure: the other tab has done it.
  await frozen.send('Debugger.resume');
  await frozen.detach();
  await ben.say(chat, 'after');
  for (const tab of [leading, following]) {
    await expect(tab.message('after')).toBeVisible();
    await expect(tab.messages).toHaveCount(3);
    expect(await tab.texts()).toEqual(await ben.texts(chat));
    await expect(tab.notice('网络不可用')).toHaveCount(0);
  }
  await expect.poll(() => network.streams).toBe(1);
  expect(await new Disk(following.page, ann).events(chat)).toEqual(await ann.events(chat));
});

test('when another account logs in in another tab, the old one says so and sends nothing', async ({
  browser,
  server,
}) => {
  const [ann, ben, cat] = await Person.friends(server, 'ann', 'ben', 'cat');
  const chat = await ann.with(ben);
  const old = await ann.open(browser);
  await old.goto(`/chats/${chat}`);
  await old.say('by ann');
  await expect(old.inState('sent')).toHaveCount(1);

  const page = await cat.takeOver(old.context);
  await old.say('never by cat');
  await expect(old.notice('这个浏览器里登录了另一个账号')).toBeVisible();
  await expect(old.message('never by cat')).toHaveAttribute('data-state', 'waiting');
  expect(await ann.texts(chat)).toEqual(['by ann']);
  expect(await cat.texts(await cat.with(ben))).toEqual([]);

  // Cat sees their own, and nothing of Ann's.
  await expect(page.locator('body[data-ready]')).toBeAttached();
  await expect(page.locator(`li.row[data-conversation="${chat}"]`)).toHaveCount(0);
  // Ann's message waits for her log-in, and goes out in her name then.
  await old.context.clearCookies({ name: 'session' });
  await ann.logIn(page);
  await page.goto(`/chats/${chat}`);
  await expect.poll(() => ben.texts(chat)).toEqual(['by ann', 'never by cat']);
});
