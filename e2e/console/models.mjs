// What somebody does with planograms as files and with models.

const words = {
  en: { review: "Review and apply", apply: "Apply", make: "Make a model…", create: "Create model", edit: "Edit", save: "Save as a new version", onMachine: "Apply to a machine…", copyTo: "Copy to machines…", copied: "Done, channels changed" },
  "zh-CN": { review: "检查并应用", apply: "应用", make: "生成型号…", create: "创建型号", edit: "编辑", save: "保存为新版本", onMachine: "应用到设备…", copyTo: "复制到其他设备…", copied: "该设备没有此货道" },
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

/**
 * Gives another machine the goods and capacities of the one that is open. In the
 * second language it has a channel more than the other one, from its model.
 */
export async function copyPlanogram({ page, look }, demo, language) {
  const text = words[language];
  await page.getByRole("button", { name: text.copyTo }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("checkbox").first().check();
  await look("planogram-copy");
  await dialog.locator("button").filter({ hasText: /1[)）]/ }).click();
  await dialog.getByText(text.copied).waitFor();
  await look("planogram-copied");
  await page.keyboard.press("Escape");
  await done(page);
}

/** Makes a model from a machine, gives it one channel more, and builds the machine by it. */
export async function modelOfMachine({ page, look }, demo, language, machine) {
  const text = words[language];
  await page.getByRole("button", { name: text.make }).click();
  await page.getByRole("dialog").locator("input[name=name]").fill(`Kiosk ${language}`);
  await page.getByRole("dialog").getByRole("button", { name: text.create }).click();
  await page.getByRole("heading", { level: 1, name: `Kiosk ${language}` }).waitFor();
  await page.getByRole("button", { name: text.edit, exact: true }).click();
  await page.getByRole("button", { name: /Channel for layer 1|第 1 层增加货道/ }).first().click();
  await look("model-editor");
  await page.getByRole("button", { name: text.save }).click();
  await page.getByRole("button", { name: /^(Version|版本) 2/ }).waitFor();
  await look("model");
  await page.getByRole("button", { name: text.onMachine }).click();
  const dialog = page.getByRole("dialog");
  await dialog.locator("select").selectOption(machine.machine_no);
  await dialog.getByText(/Added \(1\)|新增（1）/).waitFor();
  await look("model-apply");
  await dialog.getByRole("button", { name: text.apply, exact: true }).click();
  await done(page);
  await page.goto(`${demo.console.url}machines/${machine.machine_no}`);
  await page.getByRole("link", { name: `Kiosk ${language} v2` }).waitFor();
}
