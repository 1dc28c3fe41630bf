/**
 * Makes the picture of docs/bench.md from a report: `node --import tsx host/workbench/bench/report/picture.ts DIR/index.html docs/bench-report.png`.
 * It needs Chromium.
 */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { Browser } from "../../testing/browser.ts";

const [page = "index.html", picture = "docs/bench-report.png"] = process.argv.slice(2);

const browser = new Browser();
try {
  const { png } = await browser.look(resolve(page), { width: 1200, height: 1500 }, "0");
  writeFileSync(picture, png);
} finally {
  await browser.close();
}
