"use strict";
// Digits as people paste them: of a whole message, the first run that can be a code.
const field = document.getElementById("code");
field?.addEventListener("paste", (event) => {
  const text = event.clipboardData.getData("text").normalize("NFKC").replace(/(\d)[ -](?=\d)/g, "$1");
  const code = text.match(/(?<!\d)\d{6,10}(?!\d)/);
  if (!code) return;
  event.preventDefault();
  field.value = code[0];
});

// A second tap sends nothing; the server would make nothing of it either.
document.addEventListener("submit", (event) => {
  for (const button of event.target.querySelectorAll("button")) button.disabled = true;
});
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button")) button.disabled = false;
});

// The result is looked at again, the less often the longer nothing happens.
const outcome = document.getElementById("outcome");
const started = Date.now();
let wait = 0;
const pollOf = () => Number(outcome.firstElementChild?.dataset.poll ?? 0);
function later() {
  if (pollOf() && Date.now() - started < 15 * 60_000) setTimeout(look, wait);
}
async function look() {
  let changed = false;
  try {
    const url = new URL(location.href);
    url.searchParams.set("part", "1");
    const response = await fetch(url, { cache: "no-store" });
    if (!response.ok) throw new Error(String(response.status));
    const text = (await response.text()).trim();
    changed = text !== last || lost();
    if (changed) outcome.innerHTML = last = text;
  } catch {
    if (!lost()) {
      const note = document.createElement("p");
      note.id = "lost";
      note.textContent = outcome.dataset.lost;
      outcome.append(note);
    }
  }
  wait = changed ? pollOf() : Math.min(wait * 1.4, 30_000);
  later();
}
const lost = () => document.getElementById("lost") !== null;
let last = "";
if (pollOf()) {
  wait = pollOf();
  later();
}
