// Many codes at once, who is told of alerts, and a test event.
import { readFileSync } from "node:fs";

const words = {
  en: {
    create: "Create a batch", complete: "Complete", sheet: "QR sheet (PDF)", all: "Select what is loaded", cancel: /^Cancel \d+ codes$/, done: /changed, \d+ left/,
    add: "Add a rule", test: /^Send a test: /, messages: "Delivered", event: "Send a test event", send: "Send", taken: /taken\.$/,
    recover: "Recover since…", again: "Send again", queued: /\d+ queued/,
  },
  "zh-CN": {
    create: "新建批次", complete: "已完成", sheet: "二维码（PDF）", all: "选择已加载的", cancel: /^作废 \d+ 个取货码$/, done: /已更改 \d+ 个/,
    add: "添加规则", test: /^发送测试: /, messages: "已送达", event: "发送测试事件", send: "发送", taken: /已接收。$/,
    recover: "补发…", again: "补发", queued: /已排队 \d+ 条/,
  },
};

/** A batch is made before the eyes of who asked for it, printed and cancelled. */
export async function batchOfCodes({ page, look }, demo, language, machine) {
  const text = words[language];
  await page.goto(`${demo.console.url}codes/batches`);
  await page.getByRole("button", { name: text.create }).click();
  const dialog = page.getByRole("dialog");
  const selects = dialog.locator("select");
  await selects.first().selectOption(machine.machine_no);
  await selects.nth(1).locator("option").nth(1).waitFor({ state: "attached" });
  await selects.nth(1).selectOption({ index: 1 });
  await dialog.locator("input[type=number]").first().fill("120");
  await look("batch-new");
  await dialog.getByRole("button", { name: text.create }).click();
  const row = page.getByRole("row").nth(1);
  await row.getByText(text.complete).waitFor(); // the stream brings it
  await row.getByText(/120.*120/).first().waitFor();
  await look("batches");
  const saved = page.waitForEvent("download");
  await row.getByRole("button", { name: text.sheet }).click();
  const start = readFileSync(await (await saved).path()).subarray(0, 5).toString();
  if (start !== "%PDF-") throw new Error(`the sheet begins with ${start}`);
  await row.getByRole("link").first().click();
  await page.getByRole("button", { name: text.all }).click();
  await page.getByRole("button", { name: text.cancel }).click();
  await look("codes-cancel");
  await page.getByRole("dialog").getByRole("button", { name: text.cancel }).click();
  await page.getByText(text.done).waitFor();
  await look("codes-of-batch");
}

/** A rule that posts to the demo's own sink is tried; its message arrives. */
export async function whoIsTold({ page, look }, demo, language) {
  const text = words[language];
  await page.goto(`${demo.console.url}alerts/rules`);
  await page.getByRole("button", { name: text.add }).click();
  const dialog = page.getByRole("dialog");
  await dialog.locator("input[name=target]").fill(demo.callback_sink);
  await look("rule-new");
  await dialog.getByRole("button", { name: text.add }).click();
  await page.getByRole("button", { name: text.test }).first().click();
  await look("rules");
  await page.goto(`${demo.console.url}alerts/messages`);
  await page.getByRole("row").nth(1).getByText(text.messages).waitFor();
  await look("messages");
}

/** A test event is answered by the demo's sink; nothing was given up. */
export async function callbackTools({ page, look }, demo, language) {
  const text = words[language];
  await page.goto(`${demo.console.url}developers/callbacks`);
  await page.getByRole("button", { name: text.event }).click();
  const dialog = page.getByRole("dialog");
  await dialog.locator("input[name=url]").fill(demo.callback_sink);
  await dialog.getByRole("button", { name: text.send, exact: true }).click();
  await dialog.getByText(text.taken).waitFor();
  await look("callback-test");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: text.recover }).click();
  await dialog.locator("input[name=since]").fill("2024-01-01T00:00");
  await dialog.getByRole("button", { name: text.again }).click();
  await dialog.getByText(text.queued).waitFor();
  await look("callback-recover");
}
