import { expect, test } from '../fixtures/server.ts';

test('the log-in page opens, and the server stops when it is asked to', async ({ page, server }) => {
  const response = await page.goto('/login');
  expect(response?.status()).toBe(200);
  await expect(page.getByRole('textbox').first()).toBeVisible();
  expect(await server.stop()).toBe(0);
});
