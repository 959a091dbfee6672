import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Disk } from '../fixtures/disk.ts';
import { Person } from '../fixtures/people.ts';
import type { Screen } from '../fixtures/screen.ts';
import { Server, expect, test } from '../fixtures/server.ts';

/** Waits until the browser keeps the app. */
async function kept(screen: Screen): Promise<void> {
  await screen.page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
}

test('with the server stopped, the app opens and shows list and history, and what is written goes out later', async ({
  browser,
  server,
}) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const [chat, group] = [await ann.with(ben), await ben.group('the group', ann)];
  for (const text of ['one', 'two']) await ben.say(chat, text);
  for (const text of ['three', 'four']) await ben.say(group, text);
  const screen = await ann.open(browser);
  await screen.ready();
  await kept(screen);
  const disk = new Disk(screen.page, ann);
  await expect.poll(async () => (await disk.events(chat)).length).toBe((await ann.events(chat)).length);
  await expect
    .poll(async () => (await disk.events(group)).length)
    .toBe((await ann.events(group)).length);
  await screen.page.close();
  await server.stop();

  // Directly, from the list, and by switching between conversations.
  const offline = await screen.another(`/chats/${chat}`);
  await expect(offline.notice('网络不可用')).toBeVisible();
  await expect(offline.messages).toHaveCount(2);
  expect(await offline.texts()).toEqual(['one', 'two']);
  await expect(offline.page.locator('h1', { hasText: 'ben' }).first()).toBeVisible();
  await expect(offline.row(group)).toContainText('four');
  await offline.open(group);
  await expect(offline.page).toHaveURL(new RegExp(`/chats/${group}$`));
  await expect(offline.messages).toHaveCount(2);
  expect(await offline.texts()).toEqual(['three', 'four']);
  await offline.say('written offline');
  await offline.open(chat);
  await offline.say('written offline too');
  await offline.open(group);
  await expect(offline.message('written offline')).toHaveAttribute('data-state', 'waiting');
  await offline.goto('/chats');
  await expect(offline.page.locator('li.row')).not.toHaveCount(0);
  await offline.goto('/');
  await expect(offline.row(chat)).toBeVisible();
  await offline.goto('/contacts');
  await expect(offline.page.getByText('ben').first()).toBeVisible();
  await offline.goto(`/chats/${chat}`);
  await expect(offline.message('written offline too')).toHaveAttribute('data-state', 'waiting');

  await server.start();
  await expect(offline.message('written offline too')).toHaveAttribute('data-state', 'sent', {
    timeout: 40_000,
  });
  expect(await ben.texts(chat)).toEqual(['one', 'two', 'written offline too']);
  await expect.poll(() => ben.texts(group)).toEqual(['three', 'four', 'written offline']);
  await expect(offline.notice('网络不可用')).toHaveCount(0);
});

test('a page that the server cannot make is shown from the local history', async ({
  browser,
  server,
}) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  await ben.say(chat, 'here');
  const screen = await ann.open(browser);
  await screen.goto(`/chats/${chat}`);
  await kept(screen);
  const disk = new Disk(screen.page, ann);
  await expect.poll(async () => (await disk.events(chat)).length).toBeGreaterThan(0);
  await server.stop();
  await screen.page.reload();
  await screen.ready();
  await expect(screen.message('here')).toBeVisible();
  await server.start();
  await screen.page.reload();
  await screen.ready();
  await expect(screen.message('here')).toBeVisible();
  await expect(screen.notice('网络不可用')).toHaveCount(0);
});

test('after another log-in the app opens offline with that account, and shows nothing of the first', async ({
  browser,
  server,
}) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const cat = await Person.register(server, 'cat');
  const chat = await ann.with(ben);
  await ben.say(chat, 'for ann only');
  const screen = await ann.open(browser);
  await screen.goto(`/chats/${chat}`);
  await kept(screen);
  await expect(screen.message('for ann only')).toBeVisible();
  await screen.context.clearCookies({ name: 'session' });
  await cat.logIn(screen.page);
  await screen.ready();
  await server.stop();

  await screen.goto('/chats');
  await expect(screen.notice('网络不可用')).toBeVisible();
  await expect(screen.row(chat)).toHaveCount(0);
  await screen.goto(`/chats/${chat}`);
  await expect(screen.page.getByText('for ann only')).toHaveCount(0);
  await expect(screen.messages).toHaveCount(0);
});

test('when nobody is logged in, the app opens offline without any history, and says why', async ({
  browser,
  server,
}) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  await ben.say(chat, 'for ann only');
  const screen = await ann.open(browser);
  await screen.goto(`/chats/${chat}`);
  await kept(screen);
  await expect(screen.message('for ann only')).toBeVisible();
  // The session ends elsewhere; the browser hears of it when it asks for a page.
  await screen.context.clearCookies({ name: 'session' });
  await screen.page.goto('/chats');
  await expect(screen.page).toHaveURL(/\/login$/);
  await screen.ready();
  await server.stop();

  for (const path of ['/chats', `/chats/${chat}`]) {
    await screen.goto(path);
    await expect(screen.notice('登录已失效')).toBeVisible();
    await expect(screen.page.locator('li.row')).toHaveCount(0);
    await expect(screen.page.getByText('for ann only')).toHaveCount(0);
    await expect(screen.composer).toHaveCount(0);
  }
});

/** The addresses in each of the browser's caches. */
async function caches(screen: Screen): Promise<Map<string, string[]>> {
  const found = await screen.page.evaluate(async () => {
    const all: [string, string[]][] = [];
    for (const name of await window.caches.keys()) {
      const requests = await (await window.caches.open(name)).keys();
      all.push([name, requests.map((request) => new URL(request.url).pathname)]);
    }
    return all;
  });
  return new Map(found);
}

test('one version of the app is kept, whole, and a newer one takes its place', async ({
  browser,
}, testInfo) => {
  const site = testInfo.outputPath('site');
  await cp(join(dirname(process.env.ZSPCHAT_BIN ?? ''), 'site'), site, { recursive: true });
  const server = await Server.launch({ env: { ZSPCHAT_SITE: site } });
  try {
    const ann = await Person.register(server, 'ann');
    const screen = await ann.open(browser);
    await screen.ready();
    await kept(screen);
    const before = await caches(screen);
    expect(before.size).toBe(1);
    const [[name, paths]] = [...before] as [[string, string[]]];
    for (const wanted of [/^\/offline$/, /^\/pkg\/.*\.wasm$/, /^\/pkg\/.*\.js$/, /^\/pkg\/.*\.css$/]) {
      expect(paths.filter((path) => wanted.test(path))).toHaveLength(1);
    }
    // Nothing that depends on who asks.
    expect(paths.filter((path) => /^\/(api|chats|contacts|settings)/.test(path))).toEqual([]);

    await server.stop();
    const worker = await readFile(join(site, 'sw.js'), 'utf8');
    await writeFile(join(site, 'sw.js'), worker.replaceAll(name, 'zspchat-newer'));
    await rm(join(site, 'sw.js.br'), { force: true });
    const manifest = JSON.parse(await readFile(join(site, 'site.json'), 'utf8')) as {
      files: { url: string; sha256: string }[];
    };
    for (const file of manifest.files.filter((file) => file.url === '/sw.js'))
      file.sha256 = 'f'.repeat(64);
    await writeFile(join(site, 'site.json'), JSON.stringify(manifest));
    await server.start();
    await screen.page.reload();
    await screen.ready();
    await expect.poll(async () => [...(await caches(screen)).keys()]).toEqual(['zspchat-newer']);
    expect((await caches(screen)).get('zspchat-newer')).toEqual(paths);
    await server.stop();
    await screen.page.reload();
    await screen.ready();
    await expect(screen.notice('网络不可用')).toBeVisible();
  } finally {
    await server.dispose();
  }
});
