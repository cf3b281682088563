// Try a change: a mistake names its line, so the cursor goes there.

const copy = document.getElementById("copy");
const error = document.getElementById("copy-error");
const line = error && Number(/line (\d+)/.exec(error.textContent)?.[1]);

if (copy && line) {
  const lines = copy.value.split("\n");
  const begin = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  copy.focus();
  copy.setSelectionRange(begin, begin + (lines[line - 1] ?? "").length);
  const height = Number.parseFloat(getComputedStyle(copy).lineHeight);
  copy.scrollTop = Math.max(0, (line - 4) * height);
}
