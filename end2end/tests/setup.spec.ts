import AxeBuilder from '@axe-core/playwright';
import { PASSWORD } from '../fixtures/people.ts';
import { expect, test } from '../fixtures/server.ts';

/** The address that the server has printed. */
function invitation(log: string): string {
  return /http:\S+\/setup\?code=\S+/.exec(log)?.[0] ?? '';
}

test('whoever started the server becomes its administrator, others do not', async ({
  browser,
  page,
  server,
}) => {
  await page.goto('/');
  await expect(page).toHaveURL('/setup');
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations).toEqual([]);
  }
  await page.getByLabel('设置码').fill('a-guess');
  await page.getByLabel('账号').fill('root');
  await page.getByLabel('密码').fill(PASSWORD);
  await page.getByRole('button', { name: '创建管理员' }).click();
  await expect(page.getByRole('alert')).toHaveText('不对，请核对后重试。');

  await expect.poll(() => invitation(server.log)).toContain(server.origin);
  await page.goto(invitation(server.log));
  await page.getByLabel('账号').fill('root');
  await page.getByLabel('密码').fill(PASSWORD);
  await page.getByRole('button', { name: '创建管理员' }).click();
  await expect(page).toHaveURL('/chats');
  const me = await page.request.get('/api/v1/me');
  expect(await me.json()).toMatchObject({ administrator: true });

  const other = await (await browser.newContext({ baseURL: server.origin })).newPage();
  await other.goto(invitation(server.log));
  await expect(other, 'the code is used up').toHaveURL('/login');
  await other.goto('/');
  await expect(other).toHaveURL('/login');
});
