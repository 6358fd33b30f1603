// Goes through the pages of the documentation: all English ones on a wide light
// screen; some Chinese ones, which are built alike, on a narrow dark one.
// node docs.mjs <shop.json> <folder for pictures>
import { readFileSync } from "node:fs";
import { travel } from "./browser.mjs";

const [file, pictures] = process.argv.slice(2);
const { url } = JSON.parse(readFileSync(file, "utf8"));
await travel(async (arrive) => {
  for (const [language, width, colorScheme] of [["en-GB", 1280, "light"], ["zh-CN", 390, "dark"]]) {
    const visitor = await arrive({ language, width, pictures });
    const { page, mistakes } = visitor;
    await page.emulateMedia({ colorScheme });
    await page.goto(`${url}/docs`);
    const pages = await page.locator("nav > ul a").evaluateAll((links) => links.map((link) => link.href));
    if (pages.length < 10) mistakes.push(`only ${pages.length} pages in the navigation`);
    const some = width < 600 ? pages.filter((address) => /index|quickstart|errors|operating/.test(address)) : [...pages, `${url}/docs/api`];
    if (some.length < 4) mistakes.push(`only ${some.length} pages to look at`);
    for (const address of some) {
      await page.goto(address);
      await visitor.look(address.split("/").at(-1));
    }
    await visitor.leave();
  }
});
