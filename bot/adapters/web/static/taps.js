// Buttons and forms without leaving the page: the same POST as without us, its answer put where the finger is.

import { say, tell } from "./times.js";
import { check, checkAll, fill, unfill } from "./fields.js";
import { renew } from "./rows.js";

const FRAGMENT = { "X-Placet-Fragment": "1" };
let names = 0;

/** A name for the next tap: whoever presses again means it again. */
function fresh() {
  names += 1;
  return `js-${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}-${names}`;
}

/** Where the answer to something pressed in here belongs. */
function placeFor(node) {
  const home = node.closest("[data-request]");
  if (!home) return node.closest("[data-answers]") ?? document.getElementById("asked");
  let place = home.querySelector(":scope > .answers");
  if (!place) {
    place = document.createElement("div");
    place.className = "answers";
    place.setAttribute("aria-live", "polite");
    home.append(place);
  }
  return place;
}

async function send(form, button) {
  const home = (button ?? form).closest("[data-request]");
  const place = placeFor(button ?? form);
  const busy = home ?? form;
  if (busy.dataset.busy !== undefined) return;
  busy.dataset.busy = "";
  button?.setAttribute("aria-busy", "true");
  const body = new URLSearchParams(new FormData(form, button));
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body, headers: FRAGMENT });
    const kept = document.activeElement === button || document.activeElement === document.body || form.contains(document.activeElement);
    show(place, await answer.text(), answer);
    if (home && !document.body.contains(place)) place.remove();
    if (kept) settle(home, place);
  } catch {
    lost(place);
  } finally {
    delete busy.dataset.busy;
    button?.removeAttribute("aria-busy");
    const name = form.elements.namedItem("tap");
    if (name) name.value = fresh();
  }
  document.dispatchEvent(new Event("placet-answered"));
  if (home) {
    if (!home.querySelector(".answers form.fields")) home.dataset.answered = "";
    await renew([home.dataset.request]);
  }
  if (form.id === "batch" || place.id === "asked") await settled(place);
}

function show(place, html, answer) {
  const piece = new DOMParser().parseFromString(html, "text/html");
  const said = piece.querySelector("[data-answer]") ?? piece.querySelector("[role=alert]") ?? piece.body;
  place.replaceChildren(said);
  tell(place);
  number(place);
  if (answer.status === 401) {
    const link = document.createElement("a");
    link.href = `/enter?next=${encodeURIComponent(location.pathname + location.search)}`;
    link.textContent = "Sign in again";
    place.append(link);
  }
  if (place.tagName === "DIALOG") open(place);
  const wrong = place.querySelector("[aria-invalid=true]");
  const first = wrong ?? place.querySelector("form.fields :is(input:not([type=hidden]), select, textarea)");
  if (first) first.focus({ preventScroll: true });
  if (place.tagName !== "DIALOG") insight(place);
}

/** What is to be read next is in sight: of a form the title of what it changes, of an answer all of it. */
function insight(place) {
  const home = place.closest("[data-request]");
  if (home && place.querySelector("form.fields")) return home.scrollIntoView({ block: "start" });
  place.scrollIntoView({ block: "nearest" });
}

/** The line is back and the rows stand as they are recorded: what was left open can be told. */
function back() {
  for (const place of document.querySelectorAll(".answers:has(> [data-lost])")) {
    const open = place.closest("[data-request]").querySelector(':scope > .actions [data-verb="approve"], :scope > .actions [data-verb="reject"]');
    if (!open) place.remove();
    else place.querySelector("[data-lost]").textContent = "This did not get through, and nothing was recorded: tap again.";
  }
}

function lost(place) {
  const words = document.createElement("p");
  words.setAttribute("role", "alert");
  words.className = "notice bad";
  words.dataset.lost = "";
  words.textContent = "This did not get through, so it is not certain that it was recorded. When the connection is back, the page shows how it stands.";
  place.replaceChildren(words);
  if (place.tagName === "DIALOG") open(place);
}

/** The focus stays in the row, so that keys and screen readers go on from there. */
function settle(home, place) {
  if (place.contains(document.activeElement)) return;
  if (home) home.focus({ preventScroll: true });
}

/** The numbers that keys press. */
function number(place) {
  [...place.querySelectorAll("button.chip")].slice(0, 9).forEach((chip, at) => { chip.dataset.key = String(at + 1); });
}

function open(dialog) {
  if (dialog.open) return;
  dialog.showModal();
}

async function settled(dialog) {
  if (dialog.querySelector("form")) return;
  for (const box of document.querySelectorAll("input[form=batch]:checked")) box.checked = false;
  chosen();
  const close = document.createElement("button");
  close.textContent = "Close";
  close.addEventListener("click", () => dialog.close());
  const line = document.createElement("div");
  line.className = "actions";
  line.append(close);
  dialog.append(line);
  close.focus();
  say(dialog.innerText);
  await renew([...document.querySelectorAll("#mine-list [data-request]")].map((row) => row.dataset.request));
}

/** The bar at the foot counts what is chosen. */
export function chosen() {
  const bar = document.getElementById("batch");
  if (!bar) return;
  const count = document.querySelectorAll("input[form=batch]:checked").length;
  bar.hidden = count === 0;
  for (const button of bar.querySelectorAll("[data-word]")) button.textContent = `${button.dataset.word} ${count}`;
}

export function begin() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const action = form.getAttribute("action");
    if (event.defaultPrevented || form.method !== "post" || (action !== "/tap" && action !== "/batch")) return;
    if (!placeFor(event.submitter ?? form)) return;
    event.preventDefault();
    if ("fields" in form.dataset && !checkAll(form)) return;
    send(form, event.submitter);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("input[form=batch]")) chosen();
    if (event.target.matches("[data-fills]")) fill(event.target);
  });
  document.addEventListener("input", (event) => {
    check(event.target, true);
    unfill(event.target);
  });
  document.addEventListener("placet-back", back);
  document.addEventListener("focusout", (event) => check(event.target, false));
  number(document);
  chosen();
}
