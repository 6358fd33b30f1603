// One browser for a journey; every page it looks at is checked with axe and kept as
// a picture.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const flags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/** How long a step may take, in milliseconds. It ends what hangs, and judges no speed: the machine may be busy. */
const patience = 180_000;

/**
 * Makes a journey in a browser of its own, and ends the process when it is over: with
 * what the visitors have against the pages, or with where they stood when a step failed.
 */
export async function travel(journey) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags, timeout: patience });
  const visitors = [];
  const arrive = async (options) => {
    const visitor = await Visitor.arrive(browser, options);
    visitors.push(visitor);
    return visitor;
  };
  try {
    await journey(arrive);
  } catch (error) {
    for (const visitor of visitors.filter(({ page }) => !page.isClosed())) console.error(visitor.whereabouts());
    throw error;
  } finally {
    await browser.close();
  }
  const mistakes = visitors.flatMap((visitor) => visitor.mistakes.map((mistake) => `${visitor.name}: ${mistake}`));
  console.log(mistakes.join("\n") || "no mistakes");
  process.exit(mistakes.length ? 1 : 0);
}

/** A visitor with a language and a width. Pages throw nothing and break no rule. */
class Visitor {
  mistakes = [];
  #waiting = new Map(); // requests without an answer, by when they began

  static async arrive(browser, { language, width, pictures = "", bypassCSP = true }) {
    const context = await browser.newContext({ locale: language, viewport: { width, height: width < 600 ? 1500 : 900 }, bypassCSP });
    const visitor = new Visitor();
    const page = await context.newPage();
    page.setDefaultTimeout(patience);
    visitor.page = page;
    visitor.name = `${language}-${width}`;
    visitor.pictures = path.join(pictures, visitor.name);
    page.on("console", (message) => message.text().includes("Content Security Policy") && visitor.mistakes.push(message.text()));
    page.on("pageerror", (error) => visitor.mistakes.push(`thrown: ${error.message}`));
    page.on("request", (request) => visitor.#waiting.set(request, Date.now()));
    for (const end of ["requestfinished", "requestfailed"]) page.on(end, (request) => visitor.#waiting.delete(request));
    return visitor;
  }

  /** Takes a picture and notes what axe and the width have against the page. */
  async look(name) {
    const { page } = this;
    mkdirSync(this.pictures, { recursive: true });
    await page.screenshot({ path: path.join(this.pictures, `${name}.png`) });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (wide > 0) this.mistakes.push(`${name}: ${wide} pixels wider than the window`);
    if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"], preload: false, resultTypes: ["violations"] }));
    for (const v of violations) this.mistakes.push(`${name}: ${v.id}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join(", ")}`);
  }

  /** Where the visitor is, and what the page still waits for. */
  whereabouts() {
    const requests = [...this.#waiting].map(([request, begun]) => `\n  ${request.method()} ${request.url()} for ${Date.now() - begun} ms`);
    return `${this.name} at ${this.page.url()}, requests without an answer: ${requests.join("") || "none"}`;
  }

  async leave() {
    await this.page.context().close();
  }
}
