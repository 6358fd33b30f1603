// What somebody does with planograms as files and with models.

const words = {
  en: { review: "Review and apply", apply: "Apply", make: "Make a model…", create: "Create model", edit: "Edit", save: "Save as a new version", discard: "Discard", onMachine: "Apply to a machine…", rename: "Rename…", keep: "Save", remove: "Delete", fresh: "New model", copyTo: "Copy to machines…", copied: "Done, channels changed", noChannel: "the machine has no such channel" },
  "zh-CN": { review: "检查并应用", apply: "应用", make: "生成型号…", create: "创建型号", edit: "编辑", save: "保存为新版本", discard: "放弃", onMachine: "应用到设备…", rename: "重命名…", keep: "保存", remove: "删除", fresh: "新建型号", copyTo: "复制到其他设备…", copied: "已完成，修改货道", noChannel: "该设备没有此货道" },
};

async function done(page) {
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

/** Stages a file of which one line cannot be applied, looks at the diff, applies it. */
export async function importPlanogram({ page, look }, demo, language, machine) {
  const text = words[language];
  await page.goto(`${demo.console.url}machines/${machine.machine_no}`);
  const cells = page.getByRole("gridcell");
  await cells.first().waitFor();
  const stage = async (quantity) => {
    const file = `channel,quantity\nA1,${quantity}\nZ9,1\n`;
    await page.locator("input[type=file]").setInputFiles({ name: "planogram.csv", mimeType: "text/csv", buffer: Buffer.from(file) });
    await page.getByRole("status").filter({ hasText: "Z9" }).waitFor();
    await page.getByRole("button", { name: text.review }).click();
    await page.getByRole("dialog").getByText(`→ ${quantity}`).waitFor();
  };
  const apply = async () => {
    await page.getByRole("dialog").getByRole("button", { name: text.apply, exact: true }).click();
    await done(page);
  };
  await stage(4);
  await look("planogram-import");
  await apply();
  await cells.filter({ hasText: "4/10" }).first().waitFor();
  await stage(10);
  await apply();
}

/** Gives another machine the goods and capacities of the one that is open, which may have a channel more. */
export async function copyPlanogram({ page, look }, language, outcome) {
  const text = words[language];
  await page.getByRole("button", { name: text.copyTo }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("checkbox").first().check();
  await look("planogram-copy");
  await dialog.locator("button").filter({ hasText: /1[)）]/ }).click();
  await dialog.getByText(text[outcome]).waitFor();
  await look(`planogram-copy-${outcome}`);
  await page.keyboard.press("Escape");
  await done(page);
}

/** Makes a model from a machine, gives it one channel more although somebody else changes it too, and builds the machine by it. */
export async function modelOfMachine({ page, look }, demo, language, machine) {
  const text = words[language];
  await page.getByRole("button", { name: text.make }).click();
  await page.getByRole("dialog").locator("input[name=name]").fill(`Kiosk ${language}`);
  await page.getByRole("dialog").getByRole("button", { name: text.create }).click();
  await page.getByRole("heading", { level: 1, name: `Kiosk ${language}` }).waitFor();
  const edit = async () => {
    await page.getByRole("button", { name: text.edit, exact: true }).click();
    await page.getByRole("button", { name: /Channel for layer 1|第 1 层增加货道/ }).first().click();
  };
  await edit();
  await look("model-editor");
  await saveMeanwhile(page, demo, machine);
  await page.getByRole("button", { name: text.save }).click();
  await page.getByRole("alert").waitFor();
  await page.getByRole("button", { name: text.discard }).click();
  await edit();
  await page.getByRole("button", { name: text.save }).click();
  await page.getByRole("button", { name: /^(Version|版本) 3/ }).waitFor();
  await look("model");
  await page.getByRole("button", { name: text.onMachine }).click();
  const dialog = page.getByRole("dialog");
  await dialog.locator("select").selectOption(machine.machine_no);
  await dialog.getByText(/Added \(1\)|新增（1）/).waitFor();
  await look("model-apply");
  await dialog.getByRole("button", { name: text.apply, exact: true }).click();
  await done(page);
  await renameAndDelete({ page, look }, demo, language);
  await page.goto(`${demo.console.url}machines/${machine.machine_no}`);
  await page.getByRole("link", { name: `Booth ${language} v3` }).waitFor();
}

/** Renames the model that is open, which a machine has, so that it cannot be deleted; a new one can. */
async function renameAndDelete({ page, look }, demo, language) {
  const text = words[language];
  const dialog = page.getByRole("dialog");
  await page.getByRole("button", { name: text.rename }).click();
  await dialog.locator("input[name=name]").fill(`Booth ${language}`);
  await look("model-rename");
  await dialog.getByRole("button", { name: text.keep, exact: true }).click();
  await done(page);
  await page.getByRole("heading", { level: 1, name: `Booth ${language}` }).waitFor();
  await page.getByRole("button", { name: text.remove, exact: true }).click();
  await dialog.getByRole("button", { name: text.remove, exact: true }).click();
  await dialog.getByRole("alert").filter({ hasText: /\(1\)|（1 台）/ }).waitFor();
  await look("model-in-use");
  await page.keyboard.press("Escape");
  await done(page);
  await page.goto(`${demo.console.url}models`);
  await page.getByRole("button", { name: text.fresh }).click();
  await dialog.locator("input[name=name]").fill(`Spare ${language}`);
  await dialog.getByRole("button", { name: text.create }).click();
  await page.getByRole("heading", { level: 1, name: `Spare ${language}` }).waitFor();
  await page.getByRole("button", { name: text.remove, exact: true }).click();
  await dialog.getByRole("button", { name: text.remove, exact: true }).click();
  await page.getByRole("link", { name: `Booth ${language}` }).waitFor();
  await page.getByRole("link", { name: `Spare ${language}` }).waitFor({ state: "detached" });
}

/** Saves a version as somebody else would, and waits until the page has heard of it. */
async function saveMeanwhile(page, demo, machine) {
  const api = new URL("/api/console/v1", demo.console.url).href;
  const model = `${api}${new URL(page.url()).pathname.replace("/console", "")}`;
  const { csrf } = await (await page.request.get(`${api}/session`)).json();
  const headers = { "X-CSRF": csrf };
  const { version, layout } = await (await page.request.get(model)).json();
  const saved = await page.request.post(`${model}/versions`, { headers, data: { base: version, layout } });
  if (!saved.ok()) throw new Error(`versions: ${await saved.text()}`);
  // Pages are told of machines, and then read all they show; importPlanogram left this channel full.
  const heard = page.waitForResponse((response) => response.url().startsWith(model) && response.request().method() === "GET");
  const [{ product_id }] = machine.products;
  await page.request.put(`${api}/machines/${machine.machine_no}/planogram`, { headers, data: [{ product_id, quantity: 9 }] });
  await heard;
}
