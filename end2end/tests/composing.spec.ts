import type { CDPSession, Page } from '@playwright/test';
import { Person } from '../fixtures/people.ts';
import type { Screen } from '../fixtures/screen.ts';
import { expect, test } from '../fixtures/server.ts';

/** An input method, as the browser hears of it. */
class InputMethod {
  private constructor(
    private readonly page: Page,
    private readonly browser: CDPSession,
  ) {}

  static async of(page: Page): Promise<InputMethod> {
    return new InputMethod(page, await page.context().newCDPSession(page));
  }

  /** Letters are typed that are not text yet. */
  async compose(text: string): Promise<void> {
    const end = text.length;
    await this.browser.send('Input.imeSetComposition', {
      text,
      selectionStart: end,
      selectionEnd: end,
    });
  }

  /** They become text. */
  async commit(text: string): Promise<void> {
    await this.browser.send('Input.insertText', { text });
  }

  /** Enter goes to the input method: the page hears of some key, while it composes or not. */
  async enter(): Promise<void> {
    const key = { windowsVirtualKeyCode: 229, key: 'Process', code: 'Enter' };
    await this.browser.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...key });
    await this.browser.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key });
  }

  /** Enter, of which the page is told as such, and that it belongs to a composition. */
  async enterWithin(): Promise<void> {
    const heard = await this.page.evaluateHandle(() => {
      const heard: [string, boolean][] = [];
      const hear = (event: KeyboardEvent) => heard.push([event.key, event.isComposing]);
      addEventListener('keydown', hear, { capture: true, once: true });
      return heard;
    });
    await this.browser.send('Input.dispatchKeyEvent', {
      type: 'rawKeyDown',
      windowsVirtualKeyCode: 13,
      key: 'Enter',
      code: 'Enter',
    });
    await this.browser.send('Input.dispatchKeyEvent', {
      type: 'keyUp',
      windowsVirtualKeyCode: 13,
      key: 'Enter',
      code: 'Enter',
    });
    await expect.poll(() => heard.jsonValue()).toEqual([['Enter', true]]);
  }
}

/** What is sent is sent in order: what stands before this mark is all there was. */
async function sentBefore(
  screen: Screen,
  conversation: string,
  key = 'Enter',
): Promise<string[]> {
  await screen.composer.fill('完');
  await screen.composer.press(key);
  await expect(screen.inState('sent').filter({ hasText: /^.*完$/ })).toHaveCount(1);
  const texts = await screen.person.texts(conversation);
  expect(texts.pop()).toBe('完');
  return texts;
}

test('Enter that belongs to an input method sends nothing', async ({ browser, server }) => {
  const anna = await Person.register(server, 'anna');
  const notes = await anna.with(anna);
  const one = await anna.open(browser);
  await (await one.ready()).open(notes);
  await one.composer.focus();
  const method = await InputMethod.of(one.page);

  await method.compose('ni hao');
  await expect(one.composer).toHaveValue('ni hao');
  await method.enterWithin();
  await expect(one.composer).toHaveValue('ni hao');
  await method.compose('ni hao shi jie');
  await method.enter();
  await expect(one.composer).toHaveValue('ni hao shi jie');
  await method.commit('你好世界');
  await expect(one.composer).toHaveValue('你好世界');
  // Some tell of the key that ended it only after the composition is over.
  await method.enter();
  await expect(one.composer).toHaveValue('你好世界');
  expect(await anna.texts(notes)).toEqual([]);

  await one.composer.press('Enter');
  await expect(one.message('你好世界')).toBeVisible();
  expect(await sentBefore(one, notes)).toEqual(['你好世界']);
});

test('Enter that belongs to an input method calls nobody and opens nothing', async ({
  browser,
  server,
}) => {
  const [anna, ben] = await Person.friends(server, 'anna', 'ben');
  const group = await anna!.group('周末', ben!);
  const one = await anna!.open(browser);
  await (await one.ready()).open(group);
  const method = await InputMethod.of(one.page);
  await one.composer.pressSequentially('@');
  const options = one.page.getByRole('option');
  await expect(options).toHaveText([/^所有人$/, /ben$/]);
  await method.compose('be');
  await expect(options).toHaveText([/ben$/]);
  await method.enterWithin();
  await method.enter();
  await expect(one.composer).toHaveValue('@be');
  await method.commit('be');
  await one.composer.press('Enter');
  await expect(one.composer).toHaveValue('@ben ');

  const search = one.page.getByRole('searchbox');
  await search.focus();
  await method.compose('wen jian');
  await method.enterWithin();
  await method.enter();
  await method.commit('文件');
  await expect(search).toHaveValue('文件');
  await method.enter();
  await expect(one.page).toHaveURL(`/chats/${group}`);
  await search.press('Enter');
  await expect(one.page).toHaveURL(`/chats/${await anna!.with(anna!)}`);
});

test('Enter sends, and Shift or Ctrl with it breaks the line', async ({ browser, server }) => {
  const anna = await Person.register(server, 'anna');
  const notes = await anna.with(anna);
  const one = await anna.open(browser);
  await (await one.ready()).open(notes);
  await expect(one.page.locator('form.composer .foot')).toContainText('Enter 发送');
  await one.composer.pressSequentially('一');
  await one.composer.press('Shift+Enter');
  await one.composer.pressSequentially('二');
  await one.composer.press('Control+Enter');
  await one.composer.pressSequentially('三');
  await expect(one.composer).toHaveValue('一\n二\n三');
  await one.composer.press('ArrowUp');
  await one.composer.press('Home');
  await one.composer.press('Control+Enter');
  await expect(one.composer).toHaveValue('一\n\n二\n三');
  await one.composer.press('Enter');
  await expect(one.composer).toHaveValue('');
  expect(await sentBefore(one, notes)).toEqual(['一\n\n二\n三']);
});

test('with the other setting Ctrl+Enter sends, and Enter breaks the line', async ({
  browser,
  server,
}) => {
  const anna = await Person.register(server, 'anna');
  const notes = await anna.with(anna);
  const one = await anna.open(browser);
  await one.ready();
  await one.page.evaluate(
    ([user]) => localStorage.setItem(`zspchat-${user}-local`, '{"send_with_control":true}'),
    [anna.id],
  );
  await one.page.reload();
  await (await one.ready()).open(notes);
  await expect(one.page.locator('form.composer .foot')).toContainText('Ctrl+Enter 发送');
  await one.composer.pressSequentially('一');
  await one.composer.press('Enter');
  await one.composer.pressSequentially('二');
  await one.composer.press('Shift+Enter');
  await one.composer.pressSequentially('三');
  await expect(one.composer).toHaveValue('一\n二\n三');
  const method = await InputMethod.of(one.page);
  await method.compose('si');
  await method.enter();
  await method.commit('四');
  await expect(one.composer).toHaveValue('一\n二\n三四');
  await one.composer.press('Control+Enter');
  await expect(one.composer).toHaveValue('');
  expect(await sentBefore(one, notes, 'Control+Enter')).toEqual(['一\n二\n三四']);
});

test('nothing is sent where nothing is written, nor what is too long', async ({ browser, server }) => {
  const anna = await Person.register(server, 'anna');
  const notes = await anna.with(anna);
  const one = await anna.open(browser);
  await (await one.ready()).open(notes);
  await one.composer.press('Enter');
  await one.page.getByRole('button', { name: '发送' }).filter({ visible: true }).click();
  const most = '长'.repeat(5_000);
  await one.composer.fill(`${most}些`);
  await one.composer.press('Enter');
  await expect(one.page.getByText('消息太长了')).toBeVisible();
  await expect(one.composer, 'what was written stays').toHaveValue(`${most}些`);
  await one.composer.fill(most);
  await one.composer.press('Enter');
  await expect(one.composer).toHaveValue('');
  expect(await sentBefore(one, notes)).toEqual([most]);
});
