// Settings and People: a moment that is typed means the clock on the reader's own wall.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "your time zone";

for (const form of document.querySelectorAll("form[data-zone]")) {
  const until = form.elements.until;
  const offset = form.elements.offset;
  const hint = form.querySelector("[data-zone-name]");
  if (!until || !offset) continue;
  if (hint) hint.textContent = `In ${zone}.`;
  // The offset is that of the moment which was typed: it changes with summer and winter.
  const note = () => {
    const moment = new Date(until.value);
    offset.value = Number.isNaN(moment.getTime()) ? "" : String(moment.getTimezoneOffset());
  };
  until.addEventListener("input", note);
  form.addEventListener("submit", note);
}

for (const place of document.querySelectorAll("[data-zone-here]")) place.textContent = `your time zone, ${zone}`;
