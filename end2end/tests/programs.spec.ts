import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PASSWORD, Person } from '../fixtures/people.ts';
import { expect, test } from '../fixtures/server.ts';
import { isSecret } from '../fixtures/secrets.ts';

test('the program of the documents answers each message once, by a token from the settings', async ({
  browser,
  server,
}) => {
  const [bot, ben] = await Person.friends(server, 'bot', 'ben');
  const chat = await ben.with(bot);

  // Its user makes a token, and copies the program from its page.
  const settings = await bot.open(browser);
  const { page } = settings;
  await page.goto('/security');
  const tokens = page.getByRole('region', { name: '程序访问令牌' });
  await tokens.getByLabel('名称').fill('echo');
  await tokens.getByLabel('读取和发送').check();
  await tokens.getByLabel('当前密码').fill(PASSWORD);
  await tokens.getByRole('button', { name: '创建令牌' }).click();
  const token = await page.getByRole('status').locator('code').innerText();
  isSecret(token);
  await page.goto('/api/docs');
  const program = join(server.data, 'echo.mjs');
  await writeFile(program, (await page.locator('#example').textContent()) ?? '');
  const start = (): ChildProcess =>
    spawn(process.execPath, [program, server.origin], {
      env: { ...process.env, ZSPCHAT_TOKEN: token },
      stdio: ['ignore', 'ignore', 'inherit'],
    });

  const screen = await (await (await ben.open(browser)).ready()).open(chat);
  await screen.say('一');
  let running = start();
  try {
    await expect.poll(() => screen.texts()).toEqual(['一', '一']);
    await screen.say('二');
    await expect.poll(() => screen.texts()).toEqual(['一', '一', '二', '二']);
    running.kill('SIGKILL');
    await once(running, 'exit');
    await screen.say('三');
    await expect(screen.bubble('三')).toBeVisible();
    running = start();
    await expect.poll(() => screen.texts()).toEqual(['一', '一', '二', '二', '三', '三']);
    await screen.say('四');
    await expect
      .poll(() => ben.texts(chat))
      .toEqual(['一', '一', '二', '二', '三', '三', '四', '四']);
  } finally {
    running.kill('SIGKILL');
  }

  // Once the token is ended, the program is nobody.
  await page.goto('/security');
  await tokens.getByRole('button', { name: '停用 echo' }).click();
  await expect(page.getByRole('status')).toHaveText('令牌已停用。');
  const answer = await fetch(`${server.origin}/api/v1/me`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(answer.status).toBe(401);
});
