// Begins the service worker that shows notifications (sw.js), and sees to it that a browser which is told goes on being
// told after somebody has signed in anew. What turns them on and off is in notifications.js.

const REMEMBERED = "placet-push"; // The session in which this browser was last made known to the server.
const PLACE = "/settings/notifications";

const content = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";
const csrf = content("placet-csrf");
const door = content("placet-door");

function remembered(value) {
  try {
    if (value === undefined) return localStorage.getItem(REMEMBERED);
    if (value === null) localStorage.removeItem(REMEMBERED);
    else localStorage.setItem(REMEMBERED, value);
  } catch {
    // A browser that keeps nothing: notifications work until somebody signs in anew.
  }
  return null;
}

async function send(address, fields) {
  const body = new URLSearchParams({ csrf, ...fields });
  return fetch(address, { method: "POST", body, headers: { "X-Placet-Fragment": "1" } });
}

function fieldsOf(subscription) {
  const { endpoint, keys } = subscription.toJSON();
  return { endpoint, p256dh: keys.p256dh, auth: keys.auth };
}

const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

async function worker() {
  if (!("serviceWorker" in navigator)) return null;
  await navigator.serviceWorker.register("/sw.js", { scope: "/" });
  return navigator.serviceWorker.ready;
}

// Somebody has signed in anew in a browser that is told already: it goes on being told.
async function renew(registration) {
  if (!able || !door || Notification.permission !== "granted" || !remembered() || remembered() === door) return;
  const subscription = await registration.pushManager.getSubscription();
  if (!subscription) return remembered(null);
  const answer = await send(PLACE, { ...fieldsOf(subscription), again: "1" });
  if (answer.ok) return remembered(door);
  if (answer.status === 410) {
    await subscription.unsubscribe();
    remembered(null);
  }
}

async function begin() {
  const registration = await worker().catch(() => null);
  const section = document.getElementById("notifications");
  if (section) {
    const { Section } = await import("./notifications.js");
    // Handed over: to import this file once more, under an address without its version, would run it once more.
    new Section(section, registration, { PLACE, able, door, fieldsOf, remembered, send });
  }
  if (registration) await renew(registration).catch(() => null);
}

begin();
