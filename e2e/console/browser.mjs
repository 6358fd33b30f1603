// One browser for all journeys; every page they look at is checked with axe
// and kept as a picture.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const flags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });

/** A visitor with a language and a width. Pages throw nothing and break no rule. */
export class Visitor {
  mistakes = [];

  static async arrive(browser, { language, width, pictures, bypassCSP = true }) {
    const context = await browser.newContext({ locale: language, viewport: { width, height: width < 600 ? 1500 : 900 }, bypassCSP });
    const visitor = new Visitor();
    visitor.page = await context.newPage();
    visitor.page.setDefaultTimeout(30_000);
    visitor.name = `${language}-${width}`;
    visitor.pictures = path.join(pictures, visitor.name);
    mkdirSync(visitor.pictures, { recursive: true });
    visitor.page.on("console", (message) => message.text().includes("Content Security Policy") && visitor.mistakes.push(message.text()));
    visitor.page.on("pageerror", (error) => visitor.mistakes.push(`thrown: ${error.message}`));
    return visitor;
  }

  /** Takes a picture and notes what axe and the width have against the page. */
  async look(name) {
    const { page } = this;
    await page.screenshot({ path: path.join(this.pictures, `${name}.png`) });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (wide > 0) this.mistakes.push(`${name}: ${wide} pixels wider than the window`);
    if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"], preload: false, resultTypes: ["violations"] }));
    for (const v of violations) this.mistakes.push(`${name}: ${v.id}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join(", ")}`);
  }

  async leave() {
    await this.page.context().close();
    return this.mistakes.map((mistake) => `${this.name}: ${mistake}`);
  }
}
