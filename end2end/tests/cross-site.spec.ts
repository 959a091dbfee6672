import type { Page } from '@playwright/test';
import { PASSWORD, Person, uuid7 } from '../fixtures/people.ts';
import type { Screen } from '../fixtures/screen.ts';
import { expect, test as base } from '../fixtures/server.ts';
import { Site } from '../fixtures/site.ts';

const test = base.extend<{ site: Site }>({
  site: async ({}, use) => {
    const site = await Site.start();
    await use(site);
    await site.stop();
  },
});

// What the browser says where it keeps the other site from something.
test.use({
  expectedFaults: [/blocked by CORS policy|'X-Frame-Options'|frame-ancestors|Refused to execute script/],
});

interface Victim {
  ann: Person;
  screen: Screen;
  chat: string;
  server: string;
}

async function victim(browser: Parameters<Person['open']>[0], server: Person['server']): Promise<Victim> {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  await ann.say(chat, 'before');
  const screen = await (await ann.open(browser)).goto(`/chats/${chat}`);
  return { ann, screen, chat, server: server.origin };
}

/** Nothing has changed, and whoever was logged in still is. */
async function isUntouched({ ann, screen, chat }: Victim): Promise<void> {
  expect(await ann.texts(chat)).toEqual(['before']);
  const { user } = await ann.ask<{ user: { name: string } }>('GET', 'me');
  expect(user.name).toBe('ann');
  await screen.goto(`/chats/${chat}`);
  await expect(screen.message('before')).toBeVisible();
  await screen.goto('/settings');
  await expect(screen.page.locator('html')).toHaveAttribute('lang', 'zh-CN');
  await expect(screen.page.getByRole('main')).toContainText('ann');
}

test('a form on another site does nothing in the name of who opens it', async ({ browser, server, site }) => {
  const here = await victim(browser, server);
  const command = {
    client_id: uuid7(),
    kind: 'send',
    content: { type: 'text', text: 'forged' },
  };
  const user = here.ann.id;
  const forms: { action: string; fields: Record<string, string>; enctype?: string }[] = [
    { action: `/chats/${here.chat}/send`, fields: { user, client_id: uuid7(), text: 'forged' } },
    { action: '/settings/profile', fields: { user, name: 'forged', signature: '' } },
    { action: '/settings/display', fields: { language: 'en', theme: 'dark' } },
    { action: '/security/password', fields: { user, current: PASSWORD, password: 'forged password' } },
    { action: '/security/sessions/end-others', fields: { user } },
    { action: '/logout', fields: { user } },
    // To be logged in as somebody else, who then reads along.
    { action: '/login', fields: { handle: 'ben', password: PASSWORD } },
    { action: '/register', fields: { handle: 'forged', password: PASSWORD } },
    // JSON, as far as a form can send it.
    {
      action: `/api/v1/conversations/${here.chat}/commands`,
      fields: { [`${JSON.stringify(command).slice(0, -1)},"`]: '":1}' },
      enctype: 'text/plain',
    },
  ];
  const attacker = await here.screen.context.newPage();
  for (const address of site.addresses) {
    for (const { action, fields, enctype = 'application/x-www-form-urlencoded' } of forms) {
      const inputs = Object.entries(fields)
        .map(([name, value]) => `<input name="${quoted(name)}" value="${quoted(value)}">`)
        .join('');
      site.shows(
        `<form method="post" action="${here.server}${action}" enctype="${enctype}">${inputs}</form>`,
      );
      await attacker.goto(address);
      const answered = attacker.waitForResponse((it) => it.url() === here.server + action);
      await attacker.evaluate(() => document.forms[0]!.submit());
      expect((await answered).status(), `${address} ${action}`).toBe(403);
      await attacker.waitForURL(here.server + action);
    }
  }
  await isUntouched(here);
});

/** What a script gets to see of an answer: its text, or why not. */
async function fetched(page: Page, url: string, init: RequestInit): Promise<string> {
  return page.evaluate(
    async ([url, init]) => {
      try {
        const response = await fetch(url, { ...init, credentials: 'include' });
        return response.type === 'opaque' ? 'opaque' : await response.text();
      } catch {
        return 'blocked';
      }
    },
    [url, init] as const,
  );
}

test('a script on another site neither changes nor reads anything', async ({ browser, server, site }) => {
  const here = await victim(browser, server);
  const api = `${here.server}/api/v1`;
  const commands = `${api}/conversations/${here.chat}/commands`;
  const command = () =>
    JSON.stringify({ client_id: uuid7(), kind: 'send', content: { type: 'text', text: 'forged' } });
  site.shows('<p>nothing to see here</p>');
  const attacker = await here.screen.context.newPage();
  for (const address of site.addresses) {
    await attacker.goto(address);
    // What needs no leave of the server to be sent.
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const headers = { 'content-type': type };
      const init: RequestInit = { method: 'POST', mode: 'no-cors', headers, body: command() };
      expect(await fetched(attacker, commands, init)).toBe('opaque');
    }
    // What the browser asks about first.
    const headers = { 'content-type': 'application/json' };
    const json: RequestInit = { method: 'POST', headers, body: command() };
    expect(await fetched(attacker, commands, json)).toBe('blocked');
    for (const [method, path] of [
      ['DELETE', 'session'],
      ['PATCH', 'me'],
      ['PUT', `conversations/${here.chat}/read`],
    ] as const) {
      const init: RequestInit = method === 'DELETE' ? { method } : { method, headers, body: '{}' };
      expect(await fetched(attacker, `${api}/${path}`, init), path).toBe('blocked');
    }
    // What could be read, were it allowed.
    for (const path of ['/api/v1/me', `/api/v1/conversations/${here.chat}/events`, '/chats']) {
      expect(await fetched(attacker, here.server + path, {}), path).toBe('blocked');
    }
    expect(await streamed(attacker, `${api}/stream`)).toBe('blocked');
  }
  await isUntouched(here);
});

/** What arrives on a stream of events, or that nothing may. */
async function streamed(page: Page, url: string): Promise<string> {
  return page.evaluate(
    (url) =>
      new Promise<string>((resolve) => {
        const stream = new EventSource(url, { withCredentials: true });
        const done = (found: string) => {
          stream.close();
          resolve(found);
        };
        stream.addEventListener('sync', (event) => done((event as MessageEvent<string>).data));
        stream.onerror = () => done('blocked');
      }),
    url,
  );
}

test('another site cannot show a page in a frame, nor run what is no script', async ({ browser, server, site }) => {
  const here = await victim(browser, server);
  site.shows(`
    <iframe src="${here.server}/chats"></iframe>
    <object data="${here.server}/chats"></object>
    <script src="${here.server}/api/v1/me"></script>`);
  const attacker = await here.screen.context.newPage();
  for (const address of site.addresses) {
    await attacker.goto(address);
    await expect(attacker).toHaveTitle('another site');
    // In the place of each there is the browser's own page that says so, or nothing.
    for (const frame of attacker.frames().slice(1)) {
      expect(frame.url()).toMatch(/^(chrome-error:|about:blank|$)/);
    }
  }
  await isUntouched(here);
});

function quoted(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
}
