// Rows as the server has them now, put in the place of those that stand here. What is being answered stays as it is.

import { tell } from "./times.js";

const MOST = 50;

/** The row of a request in a list. On the page of the request there is none. */
function standing(request) {
  return document.querySelector(`li[data-list] > article[data-request="${request}"]`);
}

/** Rows by their request, as they stand now. Null: the line is cut. */
export async function fetched(requests) {
  const rows = new Map();
  for (let at = 0; at < requests.length; at += MOST) {
    const answer = await fetch(`/rows/${requests.slice(at, at + MOST).join(",")}`, { headers: { "X-Placet-Fragment": "1" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const piece = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const item of piece.querySelectorAll("li[data-list]")) rows.set(item.querySelector("article").dataset.request, item);
  }
  return rows;
}

/** Bring these up to date where they stand. */
export async function renew(requests) {
  const page = document.querySelector("[data-refresh]");
  if (page && requests.includes(page.dataset.request)) await renewPage(page);
  const known = requests.filter(standing);
  if (!known.length) return;
  let rows;
  try {
    rows = await fetched(known);
  } catch {
    return;
  }
  for (const [request, item] of rows) put(standing(request), item);
}

function put(old, item) {
  if (!old) return;
  const row = item.querySelector("article");
  const answers = old.querySelector(":scope > .answers");
  const focused = old === document.activeElement;
  const within = !focused && old.contains(document.activeElement) ? document.activeElement : null;
  const box = old.querySelector("input[type=checkbox]");
  tell(row);
  const fresh = row.querySelector("input[type=checkbox]");
  if (box?.checked && fresh) fresh.checked = true;
  // The article itself stays, with what is being answered in it: only what stands above is new.
  const keep = within && answers?.contains(within) ? within : null;
  for (const child of [...old.children]) if (child !== answers) child.remove();
  for (const child of [...row.children].reverse()) old.prepend(child);
  old.className = row.className;
  old.closest("li").dataset.list = item.dataset.list;
  settle(old);
  if (within && !keep) {
    const verb = within.dataset?.verb;
    const same = verb && [...old.querySelectorAll("[data-verb]")].find((one) => one.dataset.verb === verb && !one.closest(".answers"));
    (same ?? old).focus({ preventScroll: true });
  }
}

/** An answer offers no undo any more than the request itself does: the grace is over. */
function settle(home) {
  const offered = [...home.querySelectorAll("[data-verb=undo]")];
  if (offered.every((one) => one.closest(".answers"))) for (const one of offered) one.remove();
}

async function renewPage(page) {
  let answer;
  try {
    answer = await fetch(page.dataset.refresh, { headers: { "X-Placet-Fragment": "1" } });
  } catch {
    return;
  }
  if (!answer.ok) return;
  const piece = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of piece.querySelectorAll("[data-part]")) {
    const old = page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!old || old.innerHTML === part.innerHTML) continue;
    tell(part);
    const open = [...old.querySelectorAll("details")].map((one) => one.open);
    const focused = old.contains(document.activeElement);
    old.replaceWith(part);
    part.querySelectorAll("details").forEach((one, at) => { one.open = open[at] ?? one.open; });
    if (focused) page.focus({ preventScroll: true });
  }
  settle(page);
}
