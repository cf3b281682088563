// Hands on the keyboard. Never while somebody types, never with Control, Alt or Meta, never by holding a key down.

import { letIn } from "./live.js";
import { chosen } from "./taps.js";

const VERBS = { a: "approve", r: "reject", m: "modify", e: "details", u: "undo" };

function rows() {
  return [...document.querySelectorAll("article.ask")].filter((row) => row.offsetParent !== null);
}

function current() {
  return document.activeElement?.closest("[data-request]") ?? document.querySelector("[data-refresh]");
}

function move(by) {
  const all = rows();
  if (!all.length) return;
  const here = document.activeElement?.closest("article.ask");
  const at = here ? all.indexOf(here) + by : 0;
  const next = all[Math.max(0, Math.min(all.length - 1, at))];
  if (here && next !== here) fold(here);
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

/** Who has moved on from a row that is decided needs no more of it than its outcome. */
function fold(row) {
  if (!("answered" in row.dataset) || row.closest("li").dataset.list === "mine") return;
  row.classList.add("folded");
}

function press(verb) {
  const row = current();
  const button = row?.querySelector(`:scope > .actions [data-verb="${verb}"], [data-part] [data-verb="${verb}"], :scope > .answers [data-verb="${verb}"]`);
  button?.click();
}

function choose(number) {
  const row = current() ?? document;
  const dialog = document.querySelector("dialog[open]");
  (dialog ?? row).querySelector(`button.chip[data-key="${number}"]`)?.click();
}

function typing(target) {
  return target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])");
}

function pressed(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat) return;
  const key = event.key;
  if (key === "Escape") return leave(event);
  if (typing(event.target)) return;
  if (/^[1-9]$/.test(key)) return done(event, () => choose(key));
  if (document.querySelector("dialog[open]")) return;
  if (key in VERBS) return done(event, () => press(VERBS[key]));
  if (key === "j") return done(event, () => move(1));
  if (key === "k") return done(event, () => move(-1));
  if (key === "n") return done(event, letIn);
  if (key === "x") return done(event, () => {
    const box = current()?.querySelector("input[form=batch]");
    if (box) {
      box.checked = !box.checked;
      chosen();
    }
  });
  if (key === "/") {
    const find = document.querySelector("[data-find]");
    if (find) done(event, () => find.focus());
  }
  if (key === "?") {
    const help = document.getElementById("keys");
    if (help) done(event, () => help.showModal());
  }
}

function done(event, act) {
  event.preventDefault();
  act();
}

function leave(event) {
  const target = event.target;
  if (document.querySelector("dialog[open]")) return;
  const form = target.closest?.(".answers form.fields");
  if (form) {
    // Nothing was counted; the form is a key away.
    const home = form.closest("[data-request]");
    form.closest(".answers").remove();
    home.focus();
    return;
  }
  if (typing(target)) (target.closest("[data-request]") ?? target).focus();
  if (document.activeElement === target) target.blur?.();
}

export function begin() {
  document.addEventListener("keydown", pressed);
  // With the finger or the mouse: what is decided and out of sight is folded; what is in sight stays where it is.
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const row = entry.target;
      if (entry.isIntersecting || entry.boundingClientRect.top > 0 || row.contains(document.activeElement)) continue;
      const before = document.documentElement.scrollHeight;
      fold(row);
      scrollBy(0, document.documentElement.scrollHeight - before);
    }
  });
  for (const row of rows()) watch.observe(row);
}
