// Goods that come from a file.
import { readFileSync } from "node:fs";

const words = {
  en: { save: "Download CSV", open: "Import CSV", file: "File", apply: "Import 2 goods", machines: /The price changes on \d+ machines/, refused: "1 lines left out", done: "1 goods are new, 1 have changed." },
  "zh-CN": { save: "下载 CSV", open: "导入 CSV", file: "文件", apply: "导入 2 个商品", machines: /\d+ 台设备上的价格会改变/, refused: "跳过 1 行", done: "新增 1 个商品，更改 1 个。" },
};

/** The list is saved, edited as in a spreadsheet, looked at and imported. */
export async function importGoods({ page, look }, demo, language) {
  const text = words[language];
  await page.goto(`${demo.console.url}goods`);
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: text.save }).click();
  const lines = readFileSync(await (await saved).path(), "utf8").trim().split("\n");
  // The first price becomes one cent more; a good is new; a line is wrong.
  lines[1] = lines[1].replace(/,(\d+\.\d\d),/, (_, price) => `,${(Number(price) + 0.01).toFixed(2)},`);
  const rest = lines[0].split(",").slice(5).map(() => "").join(",");
  lines.push(`new-${language},Oolong,,,3.50,${rest}`, `wrong-${language},Milk,,,much,${rest}`);
  await page.getByRole("button", { name: text.open }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(text.file).setInputFiles({ name: "goods.csv", mimeType: "text/csv", buffer: Buffer.from(lines.join("\n")) });
  await dialog.getByText(text.machines).waitFor();
  await dialog.getByText(text.refused).first().waitFor();
  await look("goods-import");
  await dialog.getByRole("button", { name: text.apply }).click();
  await dialog.getByText(text.done).waitFor();
  await page.keyboard.press("Escape");
  await page.getByText(`new-${language}`).waitFor();
}
