// Bounds told beside the field as one types, in the server's own words. The server says the last word.

const NUMBER = /^[-+]?\d{1,18}(\.\d{1,18})?$/;

function fault(input) {
  const { kind, longest, shortest, least, most, above, below, step, whole } = input.dataset;
  const text = input.value.trim();
  if (kind === "number") {
    if (!text) return "required" in input.dataset ? "must be a number, as in 12 or 12.5" : "";
    if (text.includes(",")) return "must be a number with a point and no commas, as in 1250.5";
    if (!NUMBER.test(text)) return "must be a number, as in 12 or 12.5";
    const value = Number(text);
    if (whole && !Number.isInteger(value)) return "must be a whole number";
    if (least !== undefined && value < Number(least)) return `must be at least ${least}`;
    if (most !== undefined && value > Number(most)) return `must be at most ${most}`;
    if (above !== undefined && value <= Number(above)) return `must be more than ${above}`;
    if (below !== undefined && value >= Number(below)) return `must be less than ${below}`;
    if (step !== undefined && !divides(text, step)) return `must be a multiple of ${step}`;
    return "";
  }
  if ("required" in input.dataset && !text) return "must be said";
  if (shortest !== undefined && [...text].length < Number(shortest)) return `must have at least ${shortest} characters`;
  if (longest !== undefined && [...text].length > Number(longest)) return `is longer than ${longest} characters`;
  return "";
}

/** In whole numbers, for 0.3 is no multiple of 0.1 in a browser's own. */
function divides(text, step) {
  const places = (number) => (number.split(".")[1] ?? "").length;
  const scale = Math.max(places(text), places(step));
  const scaled = (number) => BigInt(number.replace("+", "").replace(".", "") + "0".repeat(scale - places(number)));
  const by = scaled(step);
  return by === 0n || scaled(text) % by === 0n;
}

/** Say what is wrong with a field. `typing`: what is right again is said at once, what is wrong only once it was left. */
export function check(input, typing) {
  if (!input.matches?.("[data-fields] :is(input, textarea)[data-longest]")) return true;
  const words = fault(input);
  const error = document.getElementById(`${input.id}-error`);
  if (!error) return true;
  if (typing && words && input.getAttribute("aria-invalid") !== "true" && words !== "" && !input.dataset.left) return false;
  error.textContent = words;
  if (words) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  if (!typing) input.dataset.left = "yes";
  return !words;
}

/** All of a form; the first that is wrong gets the focus. */
export function checkAll(form) {
  const wrong = [...form.querySelectorAll("[data-longest]")].filter((input) => !check(input, false));
  wrong[0]?.focus();
  return wrong.length === 0;
}

/** A preset stands in the fields, so that what is seen is what counts. */
export function fill(radio) {
  const values = JSON.parse(radio.dataset.fills);
  const all = [...radio.form.querySelectorAll("[data-fills]")].flatMap((one) => Object.keys(JSON.parse(one.dataset.fills)));
  for (const input of radio.form.querySelectorAll("[data-was]")) {
    const name = input.name.slice(2);
    // What no preset touches was filled in by hand, and stays.
    if (!all.includes(name)) continue;
    input.value = values[name] ?? input.dataset.was;
    check(input, false);
  }
}

/** Whoever goes on from a preset by hand has left it. */
export function unfill(input) {
  if (!input.matches?.("[data-was]")) return;
  const chosen = input.form.querySelector("[data-fills]:checked");
  if (!chosen || (JSON.parse(chosen.dataset.fills)[input.name.slice(2)] ?? input.dataset.was) === input.value) return;
  const none = input.form.querySelector('[data-fills="{}"]');
  if (none) none.checked = true;
}
