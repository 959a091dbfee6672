import { Faults } from '../fixtures/faults.ts';
import { nothingIsInjected } from '../fixtures/injection.ts';
import { expect, test } from '../fixtures/server.ts';

// What this file is about would fail its own tests.
test.use({ expectedFaults: [/./] });

test('what no page may do is found', async ({ context, page }) => {
  const faults = new Faults();
  faults.watch(context);
  await page.goto('/login');
  expect(faults.found).toEqual([]);
  const does: [RegExp, () => void][] = [
    [/an error nobody caught: Error: thrown/, () => void setTimeout(() => { throw new Error('thrown'); })],
    [/an error nobody caught: Error: rejected/, () => void Promise.reject(new Error('rejected'))],
    [/on the console: complained/, () => console.error('complained')],
    [/a dialog: alert asked/, () => void setTimeout(() => alert('asked'))],
    [/404 for .*\/missing\.png/, () => void (new Image().src = '/missing.png')],
    [/Content Security Policy/, () => document.body.setAttribute('onclick', 'alert(1)')],
    [/asks somebody else: http:\/\/example\.org/, () => void (location.href = 'http://example.org/')],
  ];
  for (const [fault, act] of does) {
    await page.evaluate(act).catch(() => undefined);
    await expect.poll(() => faults.found.filter((it) => fault.test(it)).length).toBeGreaterThan(0);
  }
});

test('text that became a part of the page is found', async ({ page }) => {
  await page.goto('/login');
  await nothingIsInjected(page);
  const markup = [
    '<img>',
    '<iframe></iframe>',
    '<b onclick="x">b</b>',
    '<a href=" javascript:x">a</a>',
    '<p class="bubble"><b>b</b></p>',
    '<p class="bubble"><a href="/chats">a</a></p>',
    '<svg><use href="data:image/svg+xml,x"></use></svg>',
  ];
  for (const html of markup) {
    await page.evaluate((html) => {
      const made = document.createElement('section');
      made.id = 'made';
      made.innerHTML = html;
      document.getElementById('made')?.remove();
      document.body.append(made);
    }, html);
    await expect(nothingIsInjected(page), html).rejects.toThrow();
  }
});
