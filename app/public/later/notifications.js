// Turns notifications on for this browser, on the page about them. All else there works without script.

const part = document.querySelector('[data-key]');
if (part) begin().catch(fail);

async function begin() {
  part.querySelector('button').addEventListener('click', turnOn);
  show(await state());
}

/** How it stands: each is a sentence on the page. */
async function state() {
  if (!window.isSecureContext) return 'insecure';
  if (!navigator.serviceWorker || !window.PushManager || !window.Notification) return 'unsupported';
  if (Notification.permission === 'denied') return 'denied';
  const registration = await navigator.serviceWorker.getRegistration();
  const subscription = await registration?.pushManager.getSubscription();
  const told = 'told' in part.dataset;
  if (told && subscription && Notification.permission === 'granted') return 'on';
  // The server has forgotten this one: it ended with its session, or was removed.
  if (!told) await subscription?.unsubscribe();
  return 'off';
}

function show(name) {
  for (const one of part.querySelectorAll('[data-when]')) {
    one.hidden = !one.dataset.when.split(' ').includes(name);
  }
}

function fail(error) {
  console.warn(error);
  show('failed');
}

async function turnOn({ currentTarget: button }) {
  button.disabled = true;
  try {
    await subscribe();
  } catch (error) {
    fail(error);
  }
  button.disabled = false;
}

async function subscribe() {
  const permission = await Notification.requestPermission();
  if (permission !== 'granted') {
    show(permission === 'denied' ? 'denied' : 'off');
    return;
  }
  await navigator.serviceWorker.register('/sw.js');
  const { pushManager } = await navigator.serviceWorker.ready;
  const answer = await fetch('/api/v1/me/push/subscriptions', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'zspchat-user': part.dataset.user },
    body: JSON.stringify(await subscribed(pushManager)),
  });
  if (answer.ok) {
    location.assign('/notifications?done=on');
  } else {
    show(answer.status === 422 ? 'refused' : 'failed');
  }
}

async function subscribed(pushManager) {
  const options = { userVisibleOnly: true, applicationServerKey: part.dataset.key };
  try {
    return await pushManager.subscribe(options);
  } catch (error) {
    const old = await pushManager.getSubscription();
    if (!old) throw error;
    // With a key that the server had before.
    await old.unsubscribe();
    return pushManager.subscribe(options);
  }
}
