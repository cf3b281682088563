// Moments in the reader's zone, countdowns, and what is said to who listens to the page.

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const moments = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const withYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZoneName: "short" });

function left(until) {
  const rest = until - Date.now();
  if (rest < minute) return `${Math.ceil(rest / 1000)} s`;
  if (rest < hour) return `${Math.floor(rest / minute)} min`;
  if (rest < 2 * day) return `${Math.floor(rest / hour)} h ${String(Math.floor((rest % hour) / minute)).padStart(2, "0")} min`;
  return `${Math.floor(rest / day)} days`;
}

/** As the dates of a page that the server wrote, in the reader's own zone: 24 Mar 2012, 15:14. */
function plainly(at) {
  const month = at.toLocaleString("en-US", { month: "short" });
  const two = (number) => String(number).padStart(2, "0");
  return `${at.getDate()} ${month} ${at.getFullYear()}, ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** Put the reader's own time into every <time> below an element. */
export function tell(root) {
  for (const time of root.querySelectorAll("time[datetime]:not([data-told])")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.dataset.told = "";
    time.title = withYear.format(at);
    if ("left" in time.dataset) count(time, at);
    else if ("plain" in time.dataset) time.textContent = plainly(at);
    else time.textContent = at.getFullYear() === new Date().getFullYear() || "short" in time.dataset ? moments.format(at) : withYear.format(at);
  }
}

function count(time, at) {
  const before = time.dataset.left;
  const over = at <= Date.now();
  const words = over ? "time is over" : before ? `${before} ${left(at.getTime())}` : `${left(at.getTime())} left`;
  if (time.textContent !== words) time.textContent = words;
  const rest = at - Date.now();
  time.classList.toggle("soon", !before && rest < 10 * minute);
}

/** Say something to who listens to the page. */
export function say(words) {
  const said = document.getElementById("said");
  if (said) said.textContent = words;
}

/** All countdowns, once a second. */
export function tick() {
  for (const time of document.querySelectorAll("time[data-left]")) count(time, new Date(time.dateTime));
}
