// Drives a running platform with two phones, in both languages and at both widths:
// a customer's, from a code to the goods and to the merchant's callback, and a
// restocker's without a connection. node phones.mjs <demo.json> <folder for pictures>.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { travel } from "./browser.mjs";
import { issueCode, signIn } from "./steps.mjs";

const [file, pictures] = process.argv.slice(2);
const demo = JSON.parse(readFileSync(file, "utf8"));
const [absent, jammed, sound] = demo.machines; // see TestPhonesInTheBrowser
const words = {
  en: { create: "Create codes", created: /codes created/, link: /Pickup page/, clear: "Clear fault", fill: "Fill all channels", finish: /^Finish visit/, less: "One less", more: "One more", open: "Open", removed: "Bad, taken out", other: /Count differs/, kept: /Kept on this phone/ },
  "zh-CN": { create: "创建取货码", created: /已创建/, link: /顾客取货页面/, clear: "清除故障", fill: "全部补满", finish: /^结束补货/, less: "减一", more: "加一", open: "打开", removed: "取出坏件", other: /数量不符/, kept: /已保存在本机/ },
};

const screen = (page, kind) => page.locator(`[data-kind=${kind}]`).waitFor();

/** Enters a code and looks at what it is for. */
async function enter({ page }, address, code) {
  await page.goto(address);
  await page.locator("#code").fill(code);
  await page.keyboard.press("Enter");
}

async function redeem(customer, address, code) {
  await enter(customer, address, code);
  await screen(customer.page, "confirm");
  await customer.page.getByRole("button").click();
}

/** From a code of the desk to the goods and the callback, in the browser alone. */
async function codeToCallback(desk, customer, text, channel) {
  const { page } = desk;
  await page.goto(`${demo.console.url}machines/${sound.machine_no}/codes`);
  const code = await issueCode(desk, text, channel);
  await page.goto(`${demo.console.url}machines/${sound.machine_no}`);
  const address = new URL(await page.getByRole("link", { name: text.link }).getAttribute("href"), demo.url).href;
  await page.getByRole("gridcell").first().waitFor();
  await desk.look("machine-with-qr");

  await customer.page.goto(address);
  await customer.look("pickup-enter");
  await enter(customer, address, `${code.slice(0, 4)} ${code.slice(4)}`);
  await screen(customer.page, "confirm");
  await customer.look("pickup-confirm");
  await customer.page.getByRole("button").click();
  await customer.page.locator("[data-kind=sent], [data-kind=turning], [data-kind=dropped]").first().waitFor();
  await customer.look("pickup-steps");
  await screen(customer.page, "dropped"); // without a tap
  await customer.look("pickup-dropped");
  await customer.page.reload();
  await screen(customer.page, "dropped");

  await page.goto(`${demo.console.url}machines/${sound.machine_no}/orders`);
  await page.locator("#content a[href*='/orders/']").first().click();
  await page.getByText(/Merchant's server took the callback|商户服务器已接收回调/).waitFor();
  await desk.look("order-of-pickup-page");

  await enter(customer, address, code);
  await screen(customer.page, "used");
  await customer.look("pickup-used");
}

/** What goes wrong, and that the customer learns whom to ask. */
async function trouble(desk, customer, text, channel) {
  await desk.page.goto(`${demo.console.url}machines/${jammed.machine_no}/codes`);
  const code = await issueCode(desk, text, channel);
  await enter(customer, jammed.pickup_page, "999999");
  await screen(customer.page, "wrong");
  await customer.look("pickup-wrong");
  await redeem(customer, jammed.pickup_page, code);
  await screen(customer.page, "jam");
  await customer.page.getByRole("link", { name: "010-5555-0100" }).waitFor();
  await customer.look("pickup-jam");
  await customer.page.goto(absent.pickup_page);
  await screen(customer.page, "offline");
  await customer.look("pickup-offline");
}

const ask = (page, path) => page.evaluate((p) => fetch(`/api/console/v1${p}`).then((r) => r.json()), path);

/** The visits that were applied, by the audit log. */
const visits = async (page) => (await ask(page, "/audit?limit=200")).items.filter((e) => e.action === "machine.visit").length;

/** Fills a machine while the connection is cut. */
async function restock(restocker, text) {
  const { page } = restocker;
  const before = await visits(page);
  await page.goto(new URL("/field", demo.url).href);
  await page.getByText(jammed.machine_no).waitFor();
  await restocker.look("field");
  await page.locator("#content form input").fill(sound.pickup_page);
  await page.getByRole("button", { name: text.open, exact: true }).click();
  await page.locator("article").first().waitFor();

  await page.context().setOffline(true);
  await page.getByRole("button", { name: text.fill }).click();
  const first = page.locator("article").first();
  await first.getByText(text.other).click();
  await first.getByRole("group", { name: text.removed }).getByRole("button", { name: text.more }).click();
  await restocker.look("field-visit");
  await page.getByRole("button", { name: text.finish }).click();
  await restocker.look("field-finish");
  await page.getByRole("dialog").getByRole("button", { name: text.finish }).click();
  await page.getByText(text.kept).waitFor();
  await restocker.look("field-kept");
  assert.equal(await page.locator("[data-visit]").count(), 0);
  await page.context().setOffline(false);
  await page.locator("[data-visit]").waitFor();
  await restocker.look("field-applied");
  assert.equal(await visits(page), before + 1);
  const { cabinets } = await ask(page, `/machines/${sound.machine_no}/planogram`);
  const levels = cabinets.flatMap((c) => c.rows.flatMap((r) => r.channels.map((ch) => ch.quantity)));
  assert.deepEqual(levels.slice(1).filter((n) => n !== 10), [], `filled to ${levels}`);
  assert.equal(levels[0], 9, "the bad one is gone");
}

/** Sees to the channel that has jammed; a draft outlives the page. */
async function repair(restocker, text) {
  const { page } = restocker;
  await page.goto(`${demo.console.url}field/${jammed.machine_no}`);
  const clear = page.getByRole("button", { name: text.clear });
  await clear.waitFor();
  const last = page.locator("article").last();
  await last.getByText(text.other).click();
  await last.getByRole("group", { name: text.removed }).getByRole("button", { name: text.more }).click();
  await page.reload();
  await clear.waitFor();
  await page.locator("article").last().locator("[data-level='9']").waitFor();
  await restocker.look("field-faults");
  await page.locator("article").last().getByText(text.other).click();
  await page.locator("article").last().getByRole("group", { name: text.removed }).getByRole("button", { name: text.less }).click();
  await clear.click();
  await clear.waitFor({ state: "detached" });
}

await travel(async (arrive) => {
  let channel = 1;
  for (const language of ["en", "zh-CN"]) {
    for (const width of [1280, 390]) {
      const desk = await arrive({ language, width, pictures });
      const customer = await arrive({ language, width, pictures, bypassCSP: false });
      channel++; // the first one belongs to the restocker
      await signIn(desk, demo);
      await codeToCallback(desk, customer, words[language], channel);
      await trouble(desk, customer, words[language], channel);
      await restock(desk, words[language]);
      await repair(desk, words[language]);
      await desk.leave();
      await customer.leave();
    }
  }
});
