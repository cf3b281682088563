// Shows notifications and leads to what they are about. Keeps no pages: what waits for a decision must be fresh. Where
// there is no connection, it says so.

const KEPT = "placet-away-1";
const AWAY = "/static/away.html";
const AWAY_NEEDS = [AWAY, "/static/placet.css", "/static/mark.svg"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(AWAY_NEEDS)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = caches.keys().then((names) => Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name))));
  event.waitUntil(old.then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(AWAY)));
    return;
  }
  // Without their versions, these are asked for by the page that says so alone.
  const { pathname, search, origin } = new URL(request.url);
  if (origin === self.location.origin && !search && AWAY_NEEDS.includes(pathname)) {
    event.respondWith(fetch(request).catch(() => caches.match(pathname)));
  }
});

const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);

// What stands in a notification. What cannot be read still calls.
function noticeOf(said) {
  const icons = { icon: "/static/icon-192.png", badge: "/static/badge.png", lang: "en" };
  if (said.kind === "try") return ["Notifications work", { ...icons, tag: "placet-try", body: "This is how Placet calls you." }];
  if (typeof said.id !== "string" || typeof said.title !== "string") {
    return ["Placet", { ...icons, tag: "placet-many", body: "Something waits for you.", data: { path: "/" } }];
  }
  const until = new Date(said.until);
  const day = until.toDateString() === new Date().toDateString() ? {} : { weekday: "short" };
  const time = Number.isNaN(until.getTime()) ? "" : until.toLocaleString([], { ...day, hour: "2-digit", minute: "2-digit" });
  const body = [capital(String(said.tier ?? "")), time && `until ${time}`].filter(Boolean).join(" · ");
  if (said.kind === "many") {
    const options = { ...icons, tag: "placet-many", renotify: true, body: `First: ${said.title} (${body})`, data: { path: "/" } };
    return [`${said.count} requests wait for you`, options];
  }
  const path = `/requests/${encodeURIComponent(said.id)}`;
  const options = { ...icons, tag: said.id, renotify: said.anew === true, body, dir: "auto", data: { path } };
  return [said.title, options];
}

self.addEventListener("push", (event) => {
  let said = {};
  try {
    said = event.data?.json() ?? {};
  } catch {
    // Not ours, or cut off on its way.
  }
  event.waitUntil(self.registration.showNotification(...noticeOf(said ?? {})));
});

async function lead(path) {
  const address = new URL(path, self.location.origin).href;
  const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = open.find((client) => client.url === address);
  if (there) return there.focus();
  // Never away from a page on which somebody may be writing: only one that lists is led on.
  const listing = open.find((client) => new URL(client.url).pathname === "/");
  if (listing) {
    try {
      return await (await listing.navigate(address)).focus();
    } catch {
      // Not under this worker's control yet.
    }
  }
  return self.clients.openWindow(address);
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(lead(event.notification.data?.path ?? "/"));
});
