// The same for many machines, and views that are kept.
const words = {
  en: { found: "Select all that is found", group: "Set group", name: "New group", done: "Done", over: "Over", views: "Saved views", save: "Save" },
  "zh-CN": { found: "选择全部筛选结果", group: "设置分组", name: "新分组", done: "完成", over: "已结束", views: "已保存的视图", save: "保存" },
};

/** Selects machines with the keyboard and acts on them; the job shows what becomes of each, also after a reload. */
export async function machinesInBulk({ page, look }, demo, language) {
  const text = words[language];
  await page.goto(`${demo.console.url}machines`);
  const boxes = page.getByRole("table").getByRole("checkbox");
  await boxes.first().focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Shift+ArrowDown");
  await page.keyboard.press("Shift+ArrowDown");
  if ((await boxes.evaluateAll((all) => all.filter((box) => box.checked).length)) !== 3) throw new Error("Shift and arrows do not select");
  await look("machines-selected");
  await startJob(page, text.group, () => page.getByLabel(text.name).fill("north"), () => look("machines-group"));
  await page.getByText(text.over).waitFor();
  await look("job");
  await page.reload();
  await page.getByRole("table").getByText(text.done, { exact: true }).nth(2).waitFor();

  await page.goto(`${demo.console.url}machines`);
  await page.getByRole("button", { name: text.found }).click();
  await startJob(page, text.group); // back to none
  await page.getByText(text.over).waitFor();
  await page.goto(`${demo.console.url}machines/jobs`);
  await page.getByRole("row").nth(2).waitFor();
  await look("jobs");
}

/** Keeps a filter under a name and opens it again. */
export async function savedView({ page, look }, demo, language) {
  const text = words[language];
  await page.goto(`${demo.console.url}machines?state=faulty`);
  await page.getByRole("button", { name: text.views }).click();
  const dialog = page.getByRole("dialog");
  await dialog.locator("input[name=name]").fill(`Repair ${language}`);
  await dialog.getByRole("button", { name: text.save, exact: true }).click();
  await dialog.getByRole("link", { name: `Repair ${language}` }).waitFor();
  await look("saved-views");
  await page.goto(`${demo.console.url}machines`);
  await page.getByRole("button", { name: text.views }).click();
  await dialog.getByRole("link", { name: `Repair ${language}` }).click();
  await dialog.waitFor({ state: "detached" });
  await page.waitForURL(/state=faulty/);
}

async function startJob(page, action, fill = async () => {}, look = async () => {}) {
  await page.getByRole("button", { name: action, exact: true }).click();
  const dialog = page.getByRole("dialog");
  await fill();
  await look();
  await dialog.getByRole("button", { name: action, exact: true }).click();
  await dialog.waitFor({ state: "detached" });
}
