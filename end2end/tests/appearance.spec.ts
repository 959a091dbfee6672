import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures/server.ts';

test.use({ serverOptions: { args: ['--demo'] } });

/** Logs in as the first of the demonstration's people, whose password the server prints. */
async function logIn(page: Page, log: string): Promise<void> {
  const password = /with the password (\S+)/.exec(log)?.[1];
  if (password === undefined) throw new Error(`no password in:\n${log}`);
  await page.goto('/login');
  await page.locator('input[name=handle]').fill('lin');
  await page.locator('input[name=password]').fill(password);
  await page.locator('input[name=password]').press('Enter');
  await page.waitForURL('**/chats');
  await expect(page.locator('body[data-ready]')).toBeAttached();
}

/** What lies over a page for a moment, and has the focus, is inside none of its landmarks. */
const OVER_THE_PAGE = ['region'];

async function isAccessible(page: Page, what: string, without: string[] = []): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .disableRules(without)
    .analyze();
  const told = violations.map(({ id, help, nodes }) => ({
    id,
    help,
    nodes: nodes.map((node) => `${node.html} ${node.failureSummary ?? ''}`),
  }));
  expect(told, what).toEqual([]);
}

/** A page that is wider than its window has to be moved to and fro to be read. */
async function fits(page: Page, what: string): Promise<void> {
  const overhang = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overhang, `${what} is wider than the window`).toBeLessThanOrEqual(0);
}

const SIZES = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
  // A desktop at 200 %.
  zoomed: { width: 640, height: 400 },
};

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(`${size}, ${colorScheme}`, () => {
      test.use({ viewport, colorScheme });

      test('every page can be read by everybody', async ({ page, server }) => {
        test.slow();
        const check = async (path: string) => {
          await page.goto(path);
          await expect(page.locator('body[data-ready]')).toBeAttached();
          await isAccessible(page, path);
          await fits(page, path);
        };
        await check('/login');
        await check('/register');
        await logIn(page, server.log);
        const row = (text: string) => page.locator('li.row', { hasText: text }).locator('a');
        const group = await row('Weekend hikers').getAttribute('href');
        const direct = await row('Emma').getAttribute('href');
        for (const path of ['/chats', group, `${group}/details`, direct, `${direct}/details`]) {
          await check(path ?? '');
        }
        for (const path of ['/chats/new', '/contacts', '/contacts/add', '/contacts/add?find=emma']) {
          await check(path);
        }
        for (const path of ['/contacts/requests', '/contacts/groups', '/settings', '/nowhere']) {
          await check(path);
        }
        // This one no script makes live.
        await page.goto('/security');
        await isAccessible(page, '/security');
        await fits(page, '/security');
        await page.goto('/contacts');
        await check((await page.locator('li.contact a').first().getAttribute('href')) ?? '');
      });

      test('menus, dialogs and pickers can be read by everybody', async ({ page, server }) => {
        await logIn(page, server.log);
        const row = page.locator('li.row', { hasText: 'Emma' }).locator('a');
        await row.focus();
        await page.keyboard.press('Shift+F10');
        await expect(page.getByRole('menu')).toBeVisible();
        await isAccessible(page, 'the menu of a conversation', OVER_THE_PAGE);
        await page.getByRole('menuitem', { name: '删除聊天' }).click();
        await expect(page.getByRole('dialog')).toBeVisible();
        await isAccessible(page, 'a question', OVER_THE_PAGE);
        await page.keyboard.press('Escape');
        await row.click();
        await page.getByRole('button', { name: '表情' }).filter({ visible: true }).click();
        await isAccessible(page, 'the emoji', OVER_THE_PAGE);
        await page.keyboard.press('Escape');
        await page.locator('li.message').first().focus();
        await page.keyboard.press('Shift+F10');
        await isAccessible(page, 'the menu of a message', OVER_THE_PAGE);
      });
    });
  }
}

test('the theme and the language that were chosen are there from the first byte', async ({ page, server }) => {
  await logIn(page, server.log);
  const context = page.context();
  await context.addCookies([
    { name: 'theme', value: 'dark', url: server.origin },
    { name: 'language', value: 'en', url: server.origin },
  ]);
  const html = await (await context.request.get('/chats')).text();
  expect(html).toMatch(/<html[^>]* lang="en"[^>]* data-theme="dark"/);
  await page.goto('/chats');
  await expect(page.getByRole('link', { name: 'Contacts' }).first()).toBeVisible();
});
