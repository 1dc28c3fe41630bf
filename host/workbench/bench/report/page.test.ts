import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Browser, chromium, type View } from "../../testing/browser.ts";
import { testWith } from "../../testing/requirements.ts";
import { createPage } from "./page.ts";
import { type Found, pageCheck } from "./page-check.ts";
import { sampleRun } from "./sample-run.ts";

const page = suite("page");

const text = createPage(sampleRun);

page("createPage() lets no text become a tag, and names nothing to be fetched", () => {
  assert.is(text.split("<script").length, 2);
  assert.is(text.split("</script>").length, 2);
  assert.not.ok(text.includes("<img"));
  assert.not.ok(text.includes("<!--"));
  assert.not.match(text, /(?:src|href)="(?!#|data:,")/);
  assert.not.match(text, /url\(|@import/);
});

page("createPage() embeds all that was measured, or of too much only the figures", () => {
  const embedded = (html: string) => JSON.parse(/<script[^>]*>(.*)<\/script>/s.exec(html)?.[1] ?? "");
  assert.equal(embedded(text), JSON.parse(JSON.stringify(sampleRun)));
  const [arp, ...others] = sampleRun.parts;
  if (arp?.report == null) throw new Error("The sample has no report of arp");
  const large = { ...arp, report: { ...arp.report, runs: new Array(2_000_000).fill(12) } };
  const html = createPage({ ...sampleRun, parts: [large, ...others] });
  assert.ok(html.length < 2_000_000, `${html.length}`);
  assert.equal(embedded(html).parts[0].report.figures, arp.report.figures);
  assert.match(html, /too large for a page, is in report\.json/);
});

page("createPage() tells each plot in words, and in a table", () => {
  assert.match(text, /<desc [^>]*>In ns, less is better\. Herald, event loop: median 1,716, interval 1,634 to 1,770;/);
  assert.match(
    text,
    /<th scope="row">Herald, event loop<\/th><td class="n">1,716<\/td><td class="n">1,634–1,770<\/td><td class="n">1\.03 × C<\/td>/,
  );
  assert.not.ok(text.includes("Not one value</title>"));
  assert.match(text, /Noise: the intervals of 4 of 7 figures are wider than 20 % of their median/);
});

const folder = mkdtempSync(join(tmpdir(), "herald-page-"));
let browser: Browser | undefined;
page.after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

const views: Readonly<Record<string, View>> = {
  "on a screen": { width: 1280, height: 900 },
  "at night": { width: 1280, height: 900, isDark: true },
  "on a telephone": { width: 390, height: 844 },
  "on a telephone at night": { width: 390, height: 844, isDark: true },
  "on paper": { width: 794, height: 1123, isDark: true, isPrint: true },
};

for (const [name, view] of Object.entries(views)) {
  testWith(page, [chromium], `createPage() can be read ${name}`, async () => {
    const file = join(folder, "index.html");
    writeFileSync(file, text);
    browser ??= new Browser();
    const { result, complaints, requests } = await browser.look<Found>(file, view, pageCheck);
    assert.equal(result.faults, []);
    assert.equal([complaints, requests], [[], []]);
    assert.is(result.plots, 8);
    assert.ok(result.texts > 100, `${result.texts}`);
    assert.ok(view.isDark && !view.isPrint ? result.brightness < 0.05 : result.brightness > 0.9, `${result.brightness}`);
    assert.is(result.images, 0);
    assert.equal(result.report, JSON.parse(JSON.stringify(sampleRun)));
  });
}

testWith(page, [chromium], "the check of a page finds what is wrong with one", async () => {
  const file = join(folder, "bad.html");
  const bad = `<!doctype html><title>bad</title><p style="width:2000px;color:#ddd">wide and faint</p>
<svg class="plot" width="300" height="80"><text x="0" y="20">one</text><text x="5" y="20">two</text><text x="290" y="50">three</text><circle r="9"/></svg>
<script type="application/json" id="report">{}</script><script>console.error("oh")</script><img src="http://127.0.0.1:9/x.png">`;
  writeFileSync(file, bad);
  browser ??= new Browser();
  const { result, complaints, requests } = await browser.look<Found>(file, { width: 390, height: 844 }, pageCheck);
  const faults = result.faults.join("\n");
  for (const fault of [
    /the page is \d+ px wide/,
    /too faint/,
    /texts overlap: text "one" and text "two"/,
    /text is cut: text "three"/,
    /a mark is cut/,
  ])
    assert.match(faults, fault);
  assert.match(complaints.join(), /oh/);
  assert.equal(requests, ["http://127.0.0.1:9/x.png"]);
});

page.run();
