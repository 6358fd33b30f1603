// Drives a running platform as somebody at a desk would, in one language and at
// both widths: node journey.mjs <demo.json> <folder for pictures>.
import { readFileSync } from "node:fs";
import { travel } from "./browser.mjs";
import { issueCode, signIn } from "./steps.mjs";
import { importGoods } from "./goods.mjs";
import { batchOfCodes, callbackTools, whoIsTold } from "./codes.mjs";
import { machinesInBulk, savedView } from "./machines.mjs";
import { wireTo } from "./wire.mjs";
import { copyPlanogram, importPlanogram, modelOfMachine } from "./models.mjs";
import { revokePassword } from "./password.mjs";
import { platformPages } from "./platform.mjs";

const [file, pictures] = process.argv.slice(2);
const demo = JSON.parse(readFileSync(file, "utf8"));
const words = {
  en: { create: "Create codes", created: /codes created/, review: "Review and apply", apply: "Apply", run: "Explain", lower: /lower case/, comment: "Comment" },
  "zh-CN": { create: "创建取货码", created: /已创建/, review: "检查并应用", apply: "应用", run: "分析", lower: /小写/, comment: "备注" },
};

/** What the page of the sign-in says to somebody it does not know. */
async function failToSignIn({ page }, look) {
  // Back from a provider that knows somebody we do not.
  await page.goto(`${demo.console.url}?error=account_unknown`);
  await page.getByRole("alert").waitFor();
  await page.goto(demo.console.url);
  await page.locator("input[name=email]").fill(demo.console.email);
  await page.locator("input[name=password]").fill("wrong password");
  await page.locator("button[type=submit]").click();
  await page.getByRole("alert").waitFor();
  await look("sign-in");
}

/** Asks the merchant's server, which is the Go test: signing exists there only. */
async function merchant(what, payload) {
  const response = await fetch(`${demo.merchant_url}/${what}`, { method: "POST", body: JSON.stringify(payload) });
  if (!response.ok) throw new Error(`${what}: ${await response.text()}`);
  return response.text();
}

/** From a code to the timeline of the order it was redeemed for. */
async function codeToTimeline(visitor, text, machine, channel, look) {
  const { page } = visitor;
  await page.goto(`${demo.console.url}machines/${machine.machine_no}/codes`);
  const code = await issueCode(visitor, text, channel);
  await look("codes-of-machine");
  const product = machine.products[channel - 1];
  const order = await merchant("redeem", { machine_no: machine.machine_no, code, product_id: String(product.product_id), trade_id: crypto.randomUUID() });
  await page.goto(`${demo.console.url}orders/${order}`);
  // The stream brings the rest of the story into the page that is open.
  await page.getByText(/Merchant's server took the callback|商户服务器已接收回调/).waitFor();
  await page.getByRole("textbox", { name: text.comment }).fill(`About ${order}`);
  await page.keyboard.press("Enter");
  await page.getByRole("listitem").filter({ hasText: `About ${order}` }).waitFor();
  await look("order");
}

/** Sets quantities with the keyboard, looks at the diff, applies it. */
async function editPlanogram({ page }, text, machine, look) {
  await page.goto(`${demo.console.url}machines/${machine.machine_no}`);
  const cells = page.getByRole("gridcell");
  await cells.first().click();
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("3");
  await look("planogram");
  await page.getByRole("button", { name: text.review }).click();
  await look("planogram-diff");
  await page.getByRole("dialog").getByRole("button", { name: text.apply, exact: true }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await cells.filter({ hasText: "3/10" }).nth(1).waitFor();
  await cells.first().click();
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("f");
  await page.getByRole("button", { name: text.review }).click();
  await page.getByRole("dialog").getByRole("button", { name: text.apply, exact: true }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("button", { name: /^(Failures|失败)$/ }).click();
  await page.getByRole("list", { name: /^(Legend|图例)$/ }).waitFor();
  await look("planogram-failures");
}

/** A signature in lower case: the debugger names the cause. */
async function debugSignature({ page }, text, look) {
  await page.goto(`${demo.console.url}developers`);
  await page.locator("textarea").fill(await merchant("lower-case", { machine_no: demo.machines[0].machine_no, method: "machine.get" }));
  await page.getByRole("button", { name: text.run }).click();
  await page.getByText(text.lower).waitFor();
  await look("debugger");
}

/** The connection breaks and comes back; what happened meanwhile is there. */
async function loseTheStream(visitor, text, machine, channel, look) {
  const { page } = visitor;
  await page.goto(`${demo.console.url}machines/${machine.machine_no}/codes`);
  const code = await issueCode(visitor, text, channel);
  const wire = await wireTo(demo.console.url);
  try {
    await page.goto(wire.url);
    await page.getByText(/^(Live|实时)$/).waitFor();
    const redemptions = page.locator("dd").nth(1);
    const before = Number(await redemptions.textContent());
    wire.cut();
    await page.getByText(/^(Reconnecting|重新连接中)$/).waitFor();
    await look("reconnecting");
    await merchant("redeem", { machine_no: machine.machine_no, code, product_id: String(machine.products[channel - 1].product_id), trade_id: crypto.randomUUID() });
    wire.mend();
    await page.getByText(/^(Live|实时)$/).waitFor();
    await redemptions.getByText(String(before + 1), { exact: true }).waitFor();
  } finally {
    wire.close();
  }
}

const others = ["", "machines", "orders", "codes", "codes/batches", "field/pick-list", "field/visits", "goods", "models", "alerts", "alerts/rules", "alerts/messages", "developers/callbacks", "developers/requests", "developers/keys", "developers/api", "developers/simulator", "settings/members", "settings/sessions", "settings/merchant", "settings/logins", "settings/audit", "nowhere"];

async function lookAround({ page }, machine, look) {
  const tabs = ["events", "orders", "settings", "test"].map((tab) => `machines/${machine.machine_no}/${tab}`);
  for (const place of [...others, ...tabs]) {
    // As a link does, which saves loading the console again for each of them.
    await page.evaluate((address) => history.pushState(null, "", address), demo.console.url + place);
    await page.locator("#content h1").waitFor();
    await page.locator("#content").getByText(/Loading|加载中/).waitFor({ state: "detached" });
    await look(place.replace(/\W+/g, "-") || "now");
  }
}

await travel(async (arrive) => {
  let channel = 1;
  const { language } = demo;
  for (const width of [1280, 390]) {
    const visitor = await arrive({ language, width, pictures });
    const look = (name) => visitor.look(name);
    const machine = demo.machines[0]; // in the history of the others something is broken
    await failToSignIn(visitor, look);
    await signIn(visitor, demo);
    await codeToTimeline(visitor, words[language], machine, channel++, look);
    await editPlanogram(visitor, words[language], machine, look);
    await debugSignature(visitor, words[language], look);
    if ((language === "en") === (width === 1280)) { // once in each language and at each width
      await loseTheStream(visitor, words[language], machine, channel++, look);
      await machinesInBulk({ page: visitor.page, look }, demo, language);
      await savedView({ page: visitor.page, look }, demo, language);
      await importPlanogram({ page: visitor.page, look }, demo, language, machine);
      await copyPlanogram({ page: visitor.page, look }, language, "copied");
      await modelOfMachine({ page: visitor.page, look }, demo, language, machine);
      await copyPlanogram({ page: visitor.page, look }, language, "noChannel");
      await batchOfCodes({ page: visitor.page, look }, demo, language, machine);
      await whoIsTold({ page: visitor.page, look }, demo, language);
      await importGoods({ page: visitor.page, look }, demo, language);
      await callbackTools({ page: visitor.page, look }, demo, language);
      await revokePassword({ page: visitor.page, look }, demo, language, demo.machines[1]);
      await platformPages(arrive, demo.administrator, { language, width, pictures });
    }
    await lookAround(visitor, machine, look);
    await visitor.leave();
  }
});
