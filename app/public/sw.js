// Keeps the app in the browser, so that it opens without a network, from the local history; and tells
// of messages that come while nobody looks.
//
// One version of the site is one cache: what belongs together is fetched together, and replaced as a
// whole. Requests to the interface (/api/) are never answered here, but are seen to go by: marking a
// conversation as read clears what was told of it, logging out clears all.

const CACHE = 'zspchat-__VERSION__';
const FILES = __FILES__;
/** The page without data, which shows any address from what the browser holds. */
const SHELL = '/offline';
/** Pages of those who are logged in; the others need the server. */
const PAGES = /^\/($|chats(\/|$)|contacts(\/|$)|settings(\/|$))/;
/** How long the server may take to answer before the local history opens, in milliseconds. */
const PATIENCE = 3_000;
/** The cache of what was told: for each conversation, by its address, the newest seq. */
const TOLD = 'told';
/** The request that marks a conversation as read, up to a seq. */
const READ = /^\/api\/v1\/conversations\/([^/]+)\/read$/;
/** How the reader wants to be told, and where that is asked for. */
const WISHES = '/api/v1/me/push';
/** How long the reader's wishes are good without asking again, in milliseconds. */
const WISHED = 60_000;
/** How long a tab may take to go where it is led, in milliseconds. */
const LED = 1_000;

self.addEventListener('install', (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(dropOthers().then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin) return;
  event.waitUntil(passing(request, pathname));
  if (request.method !== 'GET') return;
  if (request.mode === 'navigate') {
    if (PAGES.test(pathname)) event.respondWith(page(request));
  } else if (FILES.includes(pathname)) {
    event.respondWith(file(request));
  }
});

async function keep() {
  const cache = await caches.open(CACHE);
  const fresh = (address) => new Request(address, { cache: 'no-cache' });
  await cache.addAll([...FILES, SHELL].map(fresh));
}

async function dropOthers() {
  const names = await caches.keys();
  const others = names.filter((name) => name.startsWith('zspchat-') && name !== CACHE);
  await Promise.all(others.map((name) => caches.delete(name)));
}

async function file(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(request, { ignoreSearch: true })) ?? fetch(request);
}

/** The server's page; without one, or after too long, the shell. */
async function page(request) {
  const cache = await caches.open(CACHE);
  const shell = await cache.match(SHELL);
  if (shell === undefined) return fetch(request);
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve(shell), PATIENCE);
  });
  const answer = fetch(request).then(
    (response) => (response.status >= 500 ? shell : response),
    () => shell,
  );
  const first = await Promise.race([answer, late]);
  clearTimeout(timer);
  return first;
}

/** A request to the server tells what the reader does. */
async function passing(request, pathname) {
  const { method } = request;
  const read = READ.exec(pathname);
  if (read) {
    const { seq } = await request.clone().json();
    await inTurn(() => clear(read[1], seq));
  } else if (/^\/log(in|out)$/.test(pathname) || `${method} ${pathname}` === 'DELETE /api/v1/session') {
    wished = undefined;
    await inTurn(forget);
  } else if (method !== 'GET' && /^\/(api\/v1\/me\/push|notifications)/.test(pathname)) {
    wished = undefined;
  }
}

self.addEventListener('push', (event) => {
  event.waitUntil(inTurn(() => pushed(event.data)));
});

/** A tab that nobody sees has heard of something: its stream is open, so the server pushes nothing. */
self.addEventListener('message', (event) => {
  event.waitUntil(inTurn(() => heard(JSON.parse(event.data))));
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.url));
});

self.addEventListener('pushsubscriptionchange', (event) => {
  event.waitUntil(subscribeAgain(event.newSubscription));
});

let turn = Promise.resolve();

/** One after the other: what is to be shown depends on what is. */
function inTurn(work) {
  turn = turn.then(work).catch((error) => console.warn(error));
  return turn;
}

/** What the server pushed. Browsers take it amiss where nothing is shown. */
async function pushed(data) {
  let news;
  try {
    news = data.json();
  } catch {
    news = {};
  }
  if (news.conversation) {
    await tell(news);
  } else {
    await self.registration.showNotification('zspchat', { body: '新消息 · New messages', data: { url: '/chats' } });
  }
}

/** The same, from a tab: it knows nothing of the reader's wishes. */
async function heard(news) {
  if (news.unread === 0) {
    await clear(news.conversation, news.seq);
    return;
  }
  const { settings, subscriptions } = await wishes();
  const called = news.mention || news.direct || !settings.mentions_only;
  if (!called || isQuiet(settings.quiet) || !subscriptions.some(({ current }) => current)) return;
  if (!settings.text) news.body = null;
  await tell(news);
}

/** One notification a conversation, of its newest message; none while the reader sees a tab. */
async function tell(news) {
  const url = `/chats/${news.conversation}`;
  const told = await caches.open(TOLD);
  const last = await told.match(url);
  if (last && Number(await last.text()) >= news.seq) return;
  const tabs = await windows();
  if (!tabs.some((tab) => tab.visibilityState === 'visible')) await show(url, news);
  // Last: a worker that is stopped half-way may tell twice, but keeps nothing to itself.
  await told.put(url, new Response(news.seq));
}

async function show(url, { conversation, seq, at, title, body, lang, unread, mention }) {
  const english = lang === 'en';
  const marks = [
    mention && (english ? '[You were mentioned] ' : '[有人@我] '),
    unread > 1 && (english ? `[${unread}] ` : `[${unread}条] `),
    body ?? (english ? 'New message' : '新消息'),
  ];
  await self.registration.showNotification(title ?? 'zspchat', {
    body: marks.filter(Boolean).join(''),
    data: { url, seq },
    icon: '/icon-192.png',
    lang,
    renotify: true,
    tag: conversation,
    timestamp: at,
  });
}

/** Takes away what was told of a conversation up to a seq, since what came later is unread; or all. */
async function clear(tag, seq = Infinity) {
  for (const notification of await self.registration.getNotifications({ tag })) {
    if (!(notification.data.seq > seq)) notification.close();
  }
}

async function forget() {
  await clear();
  await caches.delete(TOLD);
}

function windows() {
  return self.clients.matchAll({ type: 'window', includeUncontrolled: true });
}

/** Goes to an address in a tab of the app, or in a new one. */
async function open(url) {
  const tabs = await windows();
  const tab = tabs.find((tab) => PAGES.test(new URL(tab.url).pathname));
  if (tab === undefined) {
    await self.clients.openWindow(url);
    return;
  }
  await tab.focus();
  if (!(await leads(tab, url))) await tab.navigate(url);
}

/** Has the app go there without loading anew; false where it has not come alive. */
function leads(tab, url) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve(true);
    setTimeout(resolve, LED, false);
    tab.postMessage(url, [port2]);
  });
}

let wished;

async function wishes() {
  if (wished === undefined || wished.at < Date.now() - WISHED) {
    const answer = await fetch(WISHES);
    wished = { at: Date.now(), ...(await answer.json()) };
  }
  return wished;
}

function isQuiet(quiet) {
  if (!quiet) return false;
  const { from, to, time_zone: timeZone } = quiet;
  const [hour, minute] = new Date().toLocaleTimeString('en-GB', { timeZone }).split(':');
  const now = hour * 60 + Number(minute);
  return from <= to ? from <= now && now < to : from <= now || now < to;
}

/** The browser has given up a subscription; the server learns of the one in its place. */
async function subscribeAgain(given) {
  const { key: applicationServerKey } = await (await fetch(WISHES)).json();
  const options = { userVisibleOnly: true, applicationServerKey };
  const subscription = given ?? (await self.registration.pushManager.subscribe(options));
  await fetch(`${WISHES}/subscriptions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(subscription),
  });
}
