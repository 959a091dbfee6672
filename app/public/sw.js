// Keeps the app in the browser, so that it opens without a network, from the local history.
//
// One version of the site is one cache: what belongs together is fetched together, and replaced as a
// whole. Requests to the interface (/api/) never pass through here.

const CACHE = 'zspchat-__VERSION__';
const FILES = __FILES__;
/** The page without data, which shows any address from what the browser holds. */
const SHELL = '/offline';
/** Pages of those who are logged in; the others need the server. */
const PAGES = /^\/($|chats(\/|$)|contacts(\/|$)|settings(\/|$))/;
/** How long the server may take to answer before the local history opens, in milliseconds. */
const PATIENCE = 3_000;

self.addEventListener('install', (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(dropOthers().then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return;
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
