// What changes while one looks: rows stand as they are recorded, new ones wait to be let in, a cut line is told.

import { say, tell } from "./times.js";
import { fetched, renew } from "./rows.js";

const SILENT = 40_000;
const SOON = 40;
const AGAIN = 700;
const MOST_NEW = 50;
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

let source = null;
let last = "";
let tries = 0;
let seen = Date.now();
let since = null;
let timer = null;
let looked = 0;
const changed = new Set();
const waiting = new Map();
let toldLater = null;

function notice(words, link) {
  const place = document.getElementById("connection");
  if (!place) return;
  place.hidden = !words;
  place.replaceChildren(words);
  if (link) {
    const a = document.createElement("a");
    a.href = link;
    a.textContent = "Sign in again";
    place.append(" ", a);
  }
}

function cut() {
  source?.close();
  source = null;
  since ??= new Date(seen);
  // A hiccup is nobody's business.
  toldLater ??= setTimeout(() => notice(`Connection lost – showing what was true at ${clock.format(since)}`), navigator.onLine ? 1500 : 0);
  tries += 1;
  clearTimeout(timer);
  timer = setTimeout(connect, Math.min(1000 * 2 ** (tries - 1), 15_000) * (0.75 + Math.random() / 2));
}

async function connect() {
  clearTimeout(timer);
  if (source) return;
  if (tries > 0) {
    try {
      const answer = await fetch("/rows/-", { headers: { "X-Placet-Fragment": "1" } });
      if (answer.status === 401) {
        clearTimeout(toldLater);
        return notice("You are signed out.", `/enter?next=${encodeURIComponent(location.pathname + location.search)}`);
      }
      if (!answer.ok) return cut();
    } catch {
      return cut();
    }
  }
  source = new EventSource(`/live${last ? `?after=${last}` : ""}`);
  source.addEventListener("begun", () => {
    const back = since !== null;
    tries = 0;
    since = null;
    seen = Date.now();
    clearTimeout(toldLater);
    toldLater = null;
    notice("");
    if (back) {
      say("Connected again");
      for (const row of document.querySelectorAll("[data-request]")) changed.add(row.dataset.request);
      soon();
    }
  });
  source.addEventListener("alive", () => { seen = Date.now(); });
  source.addEventListener("message", (event) => {
    seen = Date.now();
    last = event.lastEventId || last;
    changed.add(event.data.split(" ")[0]);
    soon();
  });
  source.addEventListener("error", cut);
}

let due = null;

/** Look at once, and then at most so often. */
function soon() {
  if (due || document.hidden) return;
  const wait = Math.max(SOON, looked + AGAIN - Date.now());
  due = setTimeout(look, wait);
}

async function look() {
  due = null;
  looked = Date.now();
  const names = [...changed];
  changed.clear();
  const here = new Set([...document.querySelectorAll("[data-request]")].map((row) => row.dataset.request));
  const known = names.filter((name) => here.has(name));
  const strange = names.filter((name) => !here.has(name));
  try {
    await Promise.all([renew(known), arrive(strange)]);
    document.dispatchEvent(new Event("placet-back"));
  } catch {
    for (const name of names) changed.add(name);
  }
  count();
}

/** What is new waits at the head of the list until it is let in. */
async function arrive(names) {
  const list = document.getElementById("mine-list");
  if (!list || !names.length || new URLSearchParams(location.search).has("cursor")) return;
  const wanted = names.slice(-MOST_NEW);
  for (const name of names.slice(0, -MOST_NEW)) waiting.set(name, null);
  const rows = await fetched(wanted);
  for (const name of wanted) {
    const item = rows.get(name);
    if (item?.dataset.list === "mine") waiting.set(name, item);
    else waiting.delete(name);
  }
  const empty = document.getElementById("empty");
  if (waiting.size && list.hidden && empty && !empty.contains(document.activeElement)) letIn();
  else pill();
}

function pill() {
  const button = document.getElementById("pill");
  if (!button) return;
  const before = button.hidden;
  button.hidden = waiting.size === 0;
  button.textContent = `${waiting.size} new`;
  if (before && !button.hidden) say(button.textContent);
}

export function letIn() {
  if (!waiting.size) return;
  if ([...waiting.values()].includes(null)) return location.assign(location.pathname);
  const list = document.getElementById("mine-list");
  const items = [...waiting.values()];
  waiting.clear();
  for (const item of items) {
    tell(item);
    item.classList.add("fresh");
  }
  for (const item of items.reverse()) list.prepend(item);
  list.hidden = false;
  document.getElementById("empty").hidden = true;
  pill();
  count();
  items.at(-1).querySelector("article").focus();
}

/** How many wait, in the head and in the title. */
export function count() {
  const figure = document.querySelector("[data-count=mine]");
  if (!figure || document.querySelector(".pager") || location.search) return;
  const items = [...document.querySelectorAll("#mine-list > li[data-list=mine]"), ...waiting.values()].filter(Boolean);
  const open = items.length + [...waiting.values()].filter((item) => !item).length;
  figure.textContent = String(open);
  for (const tier of document.querySelectorAll("[data-count]")) {
    if (tier !== figure) tier.textContent = String(items.filter((item) => item.dataset.tier === tier.dataset.count).length);
  }
  document.title = `${open ? `(${open}) ` : ""}Inbox – Placet`;
}

export function begin() {
  last = document.getElementById("live")?.dataset.after ?? "";
  document.getElementById("pill")?.addEventListener("click", letIn);
  addEventListener("offline", cut);
  addEventListener("online", () => { tries = 1; connect(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && changed.size) soon(); });
  addEventListener("pagehide", () => source?.close());
  setInterval(() => { if (source && Date.now() - seen > SILENT) cut(); }, 5000);
  connect();
}
