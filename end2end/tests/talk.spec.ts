import { Person } from '../fixtures/people.ts';
import { expect, test } from '../fixtures/server.ts';

/** Nodes that have just begun wait until all others had time to say who is there. */
const KNOWN = { timeout: 20_000 };

test('two people write to each other, and each sees at once what the other writes', async ({
  browser,
  server,
}) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const here = await anna!.with(ben!);
  const [one, two] = [await anna!.open(browser), await ben!.open(browser)];
  await (await one.ready()).open(here);
  await (await two.ready()).open(here);
  const said: string[] = [];
  for (let turn = 1; turn <= 5; turn += 1) {
    for (const [screen, text] of [[one, `问 ${turn}`], [two, `答 ${turn}`]] as const) {
      await screen.say(text);
      said.push(text);
      for (const reader of [one, two]) await expect.poll(() => reader.texts()).toEqual(said);
    }
  }
  // Both at once: whatever the order is, it is the same for both.
  const many = [1, 2, 3, 4, 5, 6, 7, 8];
  await Promise.all(
    [one, two].map(async (screen) => {
      for (const turn of many) await screen.say(`${screen.person.name} ${turn}`);
    }),
  );
  for (const screen of [one, two]) {
    await expect(screen.inState('sent')).toHaveCount(said.length + 2 * many.length);
    await expect(screen.inState('waiting')).toHaveCount(0);
  }
  const stored = await anna!.texts(here);
  expect(await one.texts()).toEqual(stored);
  expect(await two.texts()).toEqual(stored);
  for (const screen of [one, two]) {
    const { name } = screen.person;
    const theirs = stored.filter((text) => text.startsWith(name));
    expect(theirs, 'what one wrote keeps its order').toEqual(many.map((n) => `${name} ${n}`));
  }
  await expect(one.message('答 5')).not.toHaveClass(/own/);
  await expect(one.message('问 5')).toHaveClass(/own/);
});

test('three people write in a group, and see who wrote what', async ({ browser, server }) => {
  const people = await Person.friends(server, 'anna', 'ben', 'chen');
  const group = await people[0]!.group('周末', people[1]!, people[2]!);
  const screens = [];
  for (const person of people) {
    const screen = await person.open(browser);
    await (await screen.ready()).open(group);
    await expect(screen.page.getByRole('heading', { name: '周末(3)' })).toBeVisible();
    screens.push(screen);
  }
  const said: string[] = [];
  for (let round = 1; round <= 3; round += 1) {
    for (const screen of screens) {
      const text = `${screen.person.name} 说 ${round}`;
      await screen.say(text);
      said.push(text);
      for (const reader of screens) await expect.poll(() => reader.texts()).toEqual(said);
    }
  }
  for (const screen of screens) {
    for (const person of people) {
      const message = screen.message(`${person.name} 说 3`);
      const own = person === screen.person;
      await expect(message.locator('.who')).toHaveText(own ? [] : [person.name]);
    }
  }
});

test('a direct chat says whether the other one is there, and a group does not', async ({
  browser,
  server,
}) => {
  test.setTimeout(90_000);
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const here = await anna!.with(ben!);
  const group = await anna!.group('周末', ben!);
  const one = await anna!.open(browser);
  await (await one.ready()).open(here);
  const doing = one.page.locator('section.chat > header small');
  await expect(doing).toHaveText('离线', KNOWN);
  await expect(one.row(here).getByRole('img', { name: '在线' })).toHaveCount(0);

  const two = await (await ben!.open(browser)).ready();
  await expect(doing).toHaveText('在线');
  await expect(one.row(here).getByRole('img', { name: '在线' })).toBeVisible();
  await one.open(group);
  await expect(doing).toHaveText('');
  await one.open(here);
  await expect(doing).toHaveText('在线');

  // The server gives a connection that is gone some time to come back.
  await two.close();
  await expect(doing).toHaveText('离线', { timeout: 45_000 });
});

test('somebody who is typing is seen to be, until they stop or have sent', async ({
  browser,
  server,
}) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const here = await anna!.with(ben!);
  const group = await anna!.group('周末', ben!);
  const [one, two] = [await anna!.open(browser), await ben!.open(browser)];
  await (await one.ready()).open(here);
  await (await two.ready()).open(here);
  const doing = one.page.locator('section.chat > header small');
  await expect(doing).toHaveText('在线');

  await two.composer.pressSequentially('在吗');
  await expect(doing).toHaveText('正在输入…');
  await expect(doing, 'who types nothing for a while has stopped').toHaveText('在线');
  await two.composer.pressSequentially('？');
  await expect(doing).toHaveText('正在输入…');
  await two.composer.press('Enter');
  await expect(one.message('在吗？')).toBeVisible();
  await expect(doing).toHaveText('在线');

  await one.open(group);
  await two.open(group);
  await two.composer.pressSequentially('大家好');
  await expect(doing).toHaveText('ben 正在输入…');
});

test('what strangers would be told, nobody but contacts is told', async ({ browser, server }) => {
  const anna = await Person.register(server, 'anna');
  const ben = await Person.register(server, 'ben');
  const chen = await Person.register(server, 'chen');
  await chen.befriend(anna);
  await chen.befriend(ben);
  const group = await chen.group('周末', anna, ben);
  await (await ben.open(browser)).ready();
  const one = await (await anna.open(browser)).goto(`/contacts/${ben.id}`);
  const card = one.page.locator('article.card');
  await expect(card).toContainText('ben');
  await one.goto(`/chats/${group}`);
  // By now all that is watched was told: Chen, whom Anna knows, is known to be away.
  const chens = await chen.with(anna);
  await one.open(chens);
  await expect(one.page.locator('section.chat > header small')).toHaveText('离线', KNOWN);
  await one.goto(`/contacts/${ben.id}`);
  await expect(card).toContainText('ben');
  await expect(card).not.toContainText('在线');
  await expect(card).not.toContainText('离线');
});
