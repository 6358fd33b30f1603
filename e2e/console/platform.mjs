// What only an administrator of the platform sees.
import { Visitor } from "./browser.mjs";
import { signIn } from "./steps.mjs";

const places = ["merchants", "health", "audit"];

/** Looks at the pages of the platform and returns what is wrong with them. */
export async function platformPages(browser, administrator, { language, width, pictures }) {
  const visitor = await Visitor.arrive(browser, { language, width, pictures });
  const { page } = visitor;
  await signIn(visitor, { console: administrator });
  for (const place of places) {
    await page.goto(`${administrator.url}platform/${place}`);
    await page.locator("#content h1").waitFor();
    await page.locator("#content").getByText(/Loading|加载中/).waitFor({ state: "detached" });
    await page.waitForLoadState("load");
    if (place === "health") await page.getByText(/Takes changes|可写入/).waitFor();
    await visitor.look(`platform-${place}`);
  }
  return visitor.leave();
}
