import { chromium } from '@playwright/test';
import { readFileSync } from 'node:fs';
const log = readFileSync('/tmp/nt/log', 'utf8');
const password = /with the password (\S+)/.exec(log)[1];
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
for (const [name, options] of Object.entries({
  desk: { viewport: { width: 1280, height: 800 } },
  dark: { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: 'light', locale: 'en' },
  phonedark: { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
})) {
  const c = await b.newContext({ baseURL: 'http://127.0.0.1:4571', locale: 'zh-CN', timezoneId: 'Asia/Shanghai', ...options });
  const p = await c.newPage();
  p.on('console', (m) => console.log(name, m.type(), m.text()));
  p.on('pageerror', (e) => console.log(name, 'ERR', e.message));
  await p.goto('/login');
  await p.locator('input[name=handle]').fill('lin');
  await p.locator('input[name=password]').fill(password);
  await p.locator('input[name=password]').press('Enter');
  await p.waitForURL('**/chats');
  await p.locator('body[data-ready]').waitFor();
  console.log(name, await p.evaluate(() => [Notification.permission, typeof PushManager, document.cookie]));
  await p.waitForTimeout(500);
  await p.screenshot({ path: `/tmp/nt/${name}-chats.png` });
  await p.goto('/notifications');
  await p.waitForTimeout(500);
  await p.screenshot({ path: `/tmp/nt/${name}-page.png` });
  await p.locator('.body').evaluate((it) => it.scrollTo(0, 10000));
  await p.screenshot({ path: `/tmp/nt/${name}-page2.png` });
  await c.close();
}
await b.close();
