// What every page needs: times in the reader's zone, countdowns, values to copy. The rest is loaded where it is used.

import { say, tell, tick } from "./times.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
    say("Copied");
  } catch {
    button.textContent = "Not allowed";
  }
  setTimeout(() => { button.textContent = before; }, 2000);
});

// A page that the browser kept shows how it stood: ask again.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

document.documentElement.classList.add("scripted");
tell(document);
setInterval(tick, 1000);

const page = document.body.dataset.page;
if (page === "inbox" || page === "request" || page === "answer") {
  const [taps, live, keys] = await Promise.all([import("./taps.js"), import("./live.js"), import("./keys.js")]);
  taps.begin();
  live.begin();
  keys.begin();
  document.documentElement.dataset.ready = "";
}
