import { COMMANDS, expect, test } from '../fixtures/network.ts';
import { Person } from '../fixtures/people.ts';

test('logging out with a full outbox asks first; what is kept goes out after the next log-in', async ({
  browser,
  server,
  network,
}) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  const writer = await ann.open(browser, { baseURL: network.origin });
  await writer.goto(`/chats/${chat}`);
  await writer.say('sent');
  await expect(writer.inState('sent')).toHaveCount(1);
  // The server never gets these: the line breaks whenever one is on its way.
  network.refuse(COMMANDS);
  await writer.say('one');
  await writer.say('two');
  await expect(writer.inState('waiting')).toHaveCount(2);

  const ask = async () => {
    await writer.page.getByRole('link', { name: '设置' }).first().click();
    await writer.page.getByRole('button', { name: '退出登录' }).click();
    const question = writer.page.getByRole('dialog');
    await expect(question).toContainText('还有 2 条消息没有发出');
    return question;
  };
  // On second thoughts.
  await (await ask()).getByRole('button', { name: '取消' }).click();
  await writer.goto(`/chats/${chat}`);
  await expect(writer.inState('waiting')).toHaveCount(2);

  await (await ask()).getByRole('button', { name: '保留记录并退出' }).click();
  await expect(writer.page).toHaveURL(/\/login$/);
  network.mend();
  await ann.logIn(writer.page);
  await writer.goto(`/chats/${chat}`);
  await expect(writer.inState('sent')).toHaveCount(3);
  expect(await ben.texts(chat)).toEqual(['sent', 'one', 'two']);
});

test('logging out without keeping the history leaves nothing on the device', async ({
  browser,
  server,
  network,
}) => {
  const [ann, ben] = await Person.friends(server, 'ann', 'ben');
  const chat = await ann.with(ben);
  await ben.say(chat, 'secret');
  const first = await ann.open(browser, { baseURL: network.origin });
  await first.goto(`/chats/${chat}`);
  await first.composer.fill('a draft');
  network.refuse(COMMANDS);
  const second = await first.another(`/chats/${chat}`);
  await second.say('never sent');
  await first.page.getByRole('link', { name: '设置' }).first().click();
  await first.page.getByRole('button', { name: '退出登录' }).click();
  await first.page.getByRole('dialog').getByRole('button', { name: '清除记录并退出' }).click();
  // Both tabs.
  for (const tab of [first, second]) await expect(tab.page).toHaveURL(/\/login$/);
  const left = await first.page.evaluate(async () => ({
    databases: (await indexedDB.databases()).map(({ name }) => name),
    stored: Object.keys(localStorage),
  }));
  expect(left).toEqual({ databases: [], stored: [] });
  network.mend();
  await ann.logIn(first.page);
  await first.goto(`/chats/${chat}`);
  await expect(first.message('secret')).toBeVisible();
  await expect(first.messages).toHaveCount(1);
  await expect(first.composer).toHaveValue('');
});
