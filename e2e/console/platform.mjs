// What only an administrator of the platform sees.
import { signIn } from "./steps.mjs";

const places = ["merchants", "health", "audit"];

/** Looks at the pages of the platform. */
export async function platformPages(arrive, administrator, { language, width, pictures }) {
  const visitor = await arrive({ language, width, pictures });
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
  await visitor.leave();
}
