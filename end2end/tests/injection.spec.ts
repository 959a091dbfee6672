import { nothingIsInjected } from '../fixtures/injection.ts';
import { Person } from '../fixtures/people.ts';
import { expect, test } from '../fixtures/server.ts';

/** Each fits into the shortest of the fields, which takes 32 characters. */
const HOSTILE = {
  HTML: '<img src=x onerror=alert(1)>',
  SVG: '<svg/onload=alert(1)>',
  'an address that runs': 'javascript:alert(1)//http://a.b',
  'an attribute': '"onfocus=alert(1) autofocus="',
  'the end of a script': '</script><script>alert(1)//',
};

for (const [what, text] of Object.entries(HOSTILE)) {
  test(`${what} is only text in every field that is shown`, async ({ browser, server }) => {
    const anna = await Person.register(server, 'anna', text);
    const ben = await Person.register(server, 'ben', text);
    await anna.ask('PATCH', 'me', { signature: text });
    const request = { user: anna.id, note: text };
    const { id } = await ben.ask<{ id: string }>('POST', 'contact_requests', request);
    const plain = await browser.newContext({ baseURL: server.origin, javaScriptEnabled: false });
    const without = await anna.logIn(await plain.newPage());
    const one = await anna.open(browser);

    const look = async (path: string, ...seen: string[]) => {
      await without.goto(path);
      await one.goto(path);
      for (const page of [without, one.page]) {
        for (const selector of seen) {
          await expect(page.locator(selector).filter({ hasText: text }).first()).toBeVisible();
        }
        await nothingIsInjected(page);
      }
    };
    await look('/contacts/requests', '.request .note', '.request .name');
    await look('/contacts/add?find=ben', 'main');

    await anna.ask('POST', `contact_requests/${id}/accept`);
    await anna.ask('PATCH', `contacts/${ben.id}`, { remark: text });
    const group = await anna.group(text, ben);
    await ben.command(group, { kind: 'set_nickname', nickname: text });
    await anna.command(group, { kind: 'announce', announcement: text });
    const said = await ben.say(group, text, { mentions: [anna.id] });
    await anna.say(group, text, { reply_to: said.seq });
    const direct = await anna.with(ben);
    await ben.say(direct, text);

    await look('/chats', 'li.row .name', 'li.row .t');
    await look(`/chats/${group}`, 'h1, h2', '.bubble', '.who', '.quote');
    await look(`/chats/${group}/details`, 'main');
    await look(`/chats/${direct}`, '.bubble');
    await look('/chats/new', 'main');
    await look('/contacts', 'li .name');
    await look('/contacts/groups', 'li .name');
    await look(`/contacts/${ben.id}`, 'article.card');
    await look('/settings', 'main');
  });
}
