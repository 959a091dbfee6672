import { Person } from '../fixtures/people.ts';
import { expect, test } from '../fixtures/server.ts';

test('one person in two browsers has the same history in both, whichever one writes in', async ({
  browser,
  server,
}) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const here = await anna!.with(ben!);
  await ben!.say(here, '早');
  const [home, work] = [await anna!.open(browser), await anna!.open(browser)];
  await (await home.ready()).open(here);
  await (await work.ready()).open(here);
  const said = ['早'];
  for (const [screen, text] of [[home, '从家里'], [work, '从公司']] as const) {
    await screen.say(text);
    // Only what is stored has its place before what is written after it.
    await expect.poll(() => ben!.texts(here)).toContain(text);
    await ben!.say(here, `答：${text}`);
    said.push(text, `答：${text}`);
    for (const device of [home, work]) {
      await expect.poll(() => device.texts()).toEqual(said);
      await expect(device.message(text), 'it is an own one everywhere').toHaveClass(/own/);
    }
  }
  await home.choose(home.bubble('从公司'), '撤回');
  for (const device of [home, work]) {
    await expect(device.message('从公司')).toHaveCount(0);
    await expect(device.log).toContainText('你撤回了一条消息');
  }
  for (const device of [home, work]) {
    await device.page.reload();
    await device.ready();
    await expect.poll(() => device.texts()).toEqual(['早', '从家里', '答：从家里', '答：从公司']);
  }
});

test('what is read on one device is read on the other, and preferences go along', async ({
  browser,
  server,
}) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const here = await anna!.with(ben!);
  const notes = await anna!.with(anna!);
  const home = await (await anna!.open(browser)).ready();
  const work = await (await anna!.open(browser)).ready();
  for (const text of ['一', '二', '三']) await ben!.say(here, text);
  for (const device of [home, work]) {
    await expect(device.row(here).locator('.badge')).toHaveText('3');
    await expect(device.page).toHaveTitle('(3) zspchat');
  }
  await home.open(here);
  for (const device of [home, work]) {
    await expect(device.row(here).locator('.badge')).toHaveCount(0);
    await expect(device.page).toHaveTitle('zspchat');
  }
  // Opened there, nothing is new any more.
  await work.open(here);
  await expect(work.message('三')).toBeVisible();
  await expect(work.log.locator('li.seam.new')).toHaveCount(0);

  await work.choose(work.row(notes), '置顶');
  await expect.poll(() => home.listed()).toEqual([notes, here]);
  await home.choose(home.row(notes), '标为未读');
  await expect(work.row(notes).locator('.badge')).toHaveText('1');
  await work.choose(work.row(notes), '标为已读');
  await expect(home.row(notes).locator('.badge')).toHaveCount(0);
  await home.choose(home.row(here), '消息免打扰');
  await expect(work.row(here).getByRole('img', { name: '消息免打扰' })).toBeVisible();
  await work.choose(work.row(here), '不显示聊天');
  await expect(home.row(here)).toHaveCount(0);
});

test('drafts stay on the device where they were written', async ({ browser, server }) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const here = await anna!.with(ben!);
  const [home, work] = [await anna!.open(browser), await anna!.open(browser)];
  await (await home.ready()).open(here);
  await (await work.ready()).open(here);
  await home.composer.fill('家里的草稿');
  await work.composer.fill('公司的草稿');
  await ben!.say(here, '在吗');
  for (const [device, draft] of [[home, '家里的草稿'], [work, '公司的草稿']] as const) {
    await expect(device.message('在吗')).toBeVisible();
    await expect(device.composer).toHaveValue(draft);
    await device.page.reload();
    await device.ready();
    await expect(device.composer).toHaveValue(draft);
  }
  await home.composer.press('Enter');
  await expect(work.message('家里的草稿')).toBeVisible();
  await expect(work.composer, 'sending there leaves this one').toHaveValue('公司的草稿');
});

test('a message deleted on one device stays on the other', async ({ browser, server }) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const here = await anna!.with(ben!);
  await ben!.say(here, '一');
  await ben!.say(here, '二');
  const [home, work] = [await anna!.open(browser), await anna!.open(browser)];
  await (await home.ready()).open(here);
  await (await work.ready()).open(here);
  await home.choose(home.bubble('一'), '删除');
  const question = home.page.getByRole('dialog', { name: '删除' });
  await expect(question).toContainText('只从你的这台设备上删除');
  await question.getByRole('button', { name: '删除' }).click();
  await expect.poll(() => home.texts()).toEqual(['二']);
  await ben!.say(here, '三');
  await expect.poll(() => work.texts()).toEqual(['一', '二', '三']);
  await expect.poll(() => home.texts()).toEqual(['二', '三']);
});
