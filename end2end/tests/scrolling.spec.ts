import { Person } from '../fixtures/people.ts';
import type { Screen } from '../fixtures/screen.ts';
import { expect, test } from '../fixtures/server.ts';

test.use({ serverOptions: { env: { ZSPCHAT_LIMITS_COMMANDS_PER_WINDOW: '2000' } } });

/** How far below the upper edge of the log a message is, in pixels; nothing if it is not rendered. */
async function place(screen: Screen, text: string): Promise<number | undefined> {
  const places = await screen.log.evaluate((log, text) => {
    const top = log.getBoundingClientRect().top;
    const messages = [...log.querySelectorAll('li.message')];
    const those = messages.filter((it) => it.querySelector('.bubble')?.textContent === text);
    return those.map((it) => it.getBoundingClientRect().top - top);
  }, text);
  return places[0];
}

/** Turns the wheel upwards, and waits until the log has come to rest. */
async function wheelUp(screen: Screen): Promise<void> {
  await screen.log.hover();
  await screen.page.mouse.wheel(0, -600);
  let last = Number.NaN;
  await expect
    .poll(async () => {
      const before = last;
      last = await screen.log.evaluate((log) => log.scrollTop);
      return last < 0 && last === before;
    })
    .toBe(true);
}

const rendered = async (screen: Screen) => (await screen.texts())[0];

test('scrolling up brings older messages without the view moving', async ({ browser, server }) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const here = await anna!.with(ben!);
  const said: string[] = [];
  for (let n = 1; n <= 400; n += 8) {
    // Lines of different heights: a view that moves by a guess would be seen to.
    const some = Array.from({ length: 8 }, (_, at) => `第 ${n + at} 条${'\n行'.repeat((n + at) % 4)}`);
    await (n % 3 === 0 ? anna! : ben!).sayAll(here, some);
    said.push(...some);
  }
  const one = await anna!.open(browser);
  await (await one.ready()).open(here);
  await expect(one.message('第 400 条')).toBeInViewport();
  const jump = one.page.getByRole('button', { name: '回到底部' });
  await expect(jump).toHaveCount(0);

  const seen = new Set<string>(await one.texts());
  while (!(await one.texts()).includes(said[0]!)) {
    const before = await rendered(one);
    // Near the top of what is rendered, not at it, so that there is something that could move.
    const at = await one.log.evaluate((log) => {
      const line = log.querySelectorAll('li.message')[4]!;
      const top = line.getBoundingClientRect().top - log.getBoundingClientRect().top;
      log.scrollTop += top;
      return line.querySelector('.bubble')?.textContent ?? '';
    });
    await expect.poll(() => rendered(one), { message: 'older ones come' }).not.toBe(before);
    await expect.poll(async () => Math.abs((await place(one, at)) ?? 99) < 2).toBe(true);
    for (const text of await one.texts()) seen.add(text);
  }
  expect([...seen].sort()).toEqual([...said].sort());
  expect(await one.messages.count(), 'a long log costs no more than a short one').toBeLessThan(250);

  // All the way back down by the button.
  await jump.click();
  await expect(one.message('第 400 条')).toBeInViewport();
  await expect(jump).toHaveCount(0);
});

test('what comes while one reads above does not move the view, and is counted', async ({
  browser,
  server,
}) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const here = await anna!.with(ben!);
  await ben!.sayAll(here, Array.from({ length: 60 }, (_, n) => `旧的 ${n + 1}`));
  const one = await anna!.open(browser);
  await (await one.ready()).open(here);
  await expect(one.message('旧的 60')).toBeInViewport();
  await expect.poll(async () => (await anna!.conversation(here)).mine.unread).toBe(0);
  await wheelUp(one);
  const down = one.page.locator('button.jump.down');
  await expect(down).toHaveText('回到底部');
  const before = (await place(one, '旧的 45'))!;

  for (let n = 1; n <= 3; n += 1) await ben!.say(here, `新的 ${n}`);
  await expect(down).toHaveText('3 条新消息');
  const moved = async () => Math.abs((await place(one, '旧的 45'))! - before);
  await expect.poll(moved).toBeLessThan(2);
  await expect(one.row(here).locator('.badge'), 'they are not read yet').toHaveText('3');
  expect((await anna!.conversation(here)).mine.unread).toBe(3);

  // Also where the log is being scrolled just when one comes.
  await one.log.evaluate((log) => {
    const scrolled = () => setTimeout(() => log.dispatchEvent(new Event('scroll')));
    new MutationObserver(scrolled).observe(log.querySelector('ol')!, { childList: true });
  });
  for (let n = 4; n <= 9; n += 1) await ben!.say(here, `新的 ${n}`);
  await expect(down).toHaveText('9 条新消息');
  await expect.poll(moved).toBeLessThan(2);

  await down.click();
  await expect(one.message('新的 9')).toBeInViewport();
  await expect(down).toHaveCount(0);
  await expect(one.row(here).locator('.badge')).toHaveCount(0);
  await expect.poll(async () => (await anna!.conversation(here)).mine.unread).toBe(0);

  // Who is at the end stays there; what one writes oneself is shown wherever one was.
  await ben!.say(here, '新的 10');
  await expect(one.message('新的 10')).toBeInViewport();
  await wheelUp(one);
  await expect(down).toBeVisible();
  await one.say('我的');
  await expect(one.message('我的')).toBeInViewport();
  await expect(down).toHaveCount(0);
});

test('messages minutes apart have the time between them', async ({ browser, server }) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const here = await anna!.with(ben!);
  await ben!.say(here, '一');
  await ben!.say(here, '二');
  const one = await anna!.open(browser);
  await (await one.ready()).open(here);
  await expect(one.messages).toHaveCount(2);
  await expect(one.log.locator('li.time'), 'one above the first, none between').toHaveCount(1);
  await expect(one.log.locator('li.time')).toHaveText(/^\d\d:\d\d$/);
});
