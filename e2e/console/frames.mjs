// Measures frames: node frames.mjs <console> <e-mail> <password> <machines> <number of the machine with 90 channels>.
import { travel } from "./browser.mjs";
import { signIn } from "./steps.mjs";

const [url, email, password, machines, big] = process.argv.slice(2);
const seconds = 10;
const api = new URL("/api/console/v1", url).href;

/** Prints the times between frames while `move` is called in each, and the processor time of the page's thread for one on average. */
async function measure(page, what, move) {
  const before = await metrics(page);
  const deltas = await frames(page, move);
  const after = await metrics(page);
  const sorted = [...deltas].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1);
  const late = sorted.filter((ms) => ms > 25).length;
  const each = (name) => `${name} ${(((after[`${name}Duration`] - before[`${name}Duration`]) * 1000) / sorted.length).toFixed(2)}`;
  console.log(`${what}: ${sorted.length} frames in ${seconds} s, median ${at(0.5)} ms, 95 % ${at(0.95)} ms, longest ${at(1)} ms, ${late} longer than 25 ms`);
  console.log(`  processor time, ms a frame: ${["Task", "Script", "RecalcStyle", "Layout"].map(each).join(", ")}`);
}

async function metrics(page) {
  if (!page.cdp) {
    page.cdp = await page.context().newCDPSession(page);
    // Processor time: what others do on the machine does not count.
    await page.cdp.send("Performance.setTimeDomain", { timeDomain: "threadTicks" });
    await page.cdp.send("Performance.enable");
  }
  const { metrics } = await page.cdp.send("Performance.getMetrics");
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

/** The times between frames in milliseconds while `move` is called in each. */
function frames(page, move) {
  return page.evaluate(
    ([move, ms]) =>
      new Promise((resolve) => {
        const step = new Function(move);
        const times = [];
        let begun = 0;
        const frame = (now) => {
          begun ||= now;
          times.push(now);
          step();
          if (now - begun < ms) requestAnimationFrame(frame);
          else resolve(times.slice(1).map((at, i) => at - times[i]));
        };
        requestAnimationFrame(frame);
      }),
    [move, seconds * 1000],
  );
}

await travel(async (arrive) => {
  const visitor = await arrive({ language: "en", width: 1280 });
  const { page } = visitor;
  await signIn(visitor, { console: { url, email, password } });
  await measure(page, "nothing moves", "");

  await page.goto(`${url}machines`);
  await page.getByRole("row").nth(1).waitFor();
  const begun = Date.now();
  await page.evaluate(async () => {
    const table = document.querySelector("[role=table]");
    while (table.getAttribute("aria-rowcount") === "-1") {
      window.scrollTo(0, document.documentElement.scrollHeight);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    window.scrollTo(0, 0);
  });
  const rows = await page.locator("[role=table]").getAttribute("aria-rowcount");
  console.log(`${rows} rows were loaded in ${((Date.now() - begun) / 1000).toFixed(1)} s of ${machines} machines`);
  await measure(page, "the list scrolls, 20 pixels a frame", "window.scrollBy(0, 20)");
  await measure(page, "the list scrolls, 60 pixels a frame", "window.scrollBy(0, 60)");
  await measure(page, "the list scrolls, 600 pixels a frame", "window.scrollBy(0, 600)");

  await page.goto(`${url}machines/${big}`);
  await page.getByRole("gridcell").nth(89).waitFor();
  const session = await (await page.request.get(`${api}/session`)).json();
  const planogram = await (await page.request.get(`${api}/machines/${big}/planogram`)).json();
  const products = planogram.cabinets.flatMap((c) => c.rows.flatMap((r) => r.channels.map((channel) => channel.product_id)));
  let read = 0;
  page.on("response", (response) => (read += response.url().endsWith("/planogram") && response.request().method() === "GET"));
  let changed = 0;
  const edits = setInterval(() => {
    const product_id = products[changed % products.length];
    void page.request
      .put(`${api}/machines/${big}/planogram`, { headers: { "X-CSRF": session.csrf }, data: [{ product_id, quantity: (changed % 10) + 1 }] })
      .then((answer) => (changed += answer.ok()), () => {});
  }, 1000 / 50);
  await measure(page, `the planogram of ${products.length} channels`, "");
  clearInterval(edits);
  console.log(`${(changed / seconds).toFixed(0)} changes a second, the planogram was read ${read} times`);
});
