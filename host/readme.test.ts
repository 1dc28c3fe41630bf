/** The README shows what is so: its examples are run, and its commands and flags exist. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { PlanOutput } from "./cli/plan-manifests.ts";
import { runProgram } from "./workbench/testing/run-command.ts";

const README = suite("README");

const text = readFileSync(fileURLToPath(new URL("../README.md", import.meta.url)), "utf8");
/** Fenced blocks. */
const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = "", body = ""]) => ({ language, body }));
const homelab = "fixtures/homelab";

README("plan prints what it shows", async () => {
  const { code, out } = await runProgram(["plan", "--manifests", homelab]);
  assert.is(code, 0);
  assert.ok(
    blocks.some(({ body }) => body === out),
    out,
  );
});

/** The cells of the lab's table under a head, in the order of the plan. */
function labRows(head: string): string[][] {
  const { body = "" } = blocks.find((block) => block.body.includes(head)) ?? {};
  const table = body.split("\n\n").find((part) => part.includes(head)) ?? "";
  const [, ...rows] = table.trim().split("\n");
  return rows.map((row) => row.split(/ {2,}/));
}

README("the lab's tables have the addresses, owners and next hops that a plan gives", async () => {
  const { allocations, owners, announcements } = JSON.parse(
    (await runProgram(["plan", "--json", "--manifests", homelab])).out,
  ) as PlanOutput;
  const rows = allocations.flatMap(({ service, vips = [], pool = "" }) => vips.map((vip) => [service.replace("default/", ""), vip, pool]));
  const rankOf = (vip = "") => owners.find((entry) => entry.vip === vip)?.rank;
  assert.equal(
    labRows("REPLY IN").map(([service, vip, pool, owner, , reached]) => [service, vip, pool, owner, reached]),
    rows
      .filter(([, vip]) => rankOf(vip) !== undefined)
      .map(([service, vip, pool]) => [service, vip, pool, rankOf(vip)?.[0], rankOf(vip)?.[0]]),
  );
  const nodesOf = (vip = "") => announcements.filter((entry) => entry.vip === vip && entry.via === "bgp").map(({ node }) => node);
  const learned = labRows("LEARNED IN");
  assert.equal(
    learned.map(([service, vip, pool, router, nextHops]) => [service, vip, pool, router, nextHops]),
    rows
      .filter(([, vip]) => rankOf(vip) === undefined)
      .map(([service, vip, pool]) => [service, vip, pool, "router", nodesOf(vip).join(", ")]),
  );
  for (const [, vip, , , , reached = ""] of learned) assert.ok(nodesOf(vip).includes(reached), vip);
});

const ROW = { node: "box", vip: "192.0.2.240", links: null, services: ["default/web"] };

/** What a box with these manifests announces; none of them may have a problem. */
async function planOf(manifests: string): Promise<unknown[]> {
  const path = mkdtempSync(join(tmpdir(), "herald-readme-"));
  try {
    writeFileSync(join(path, "home.yaml"), manifests);
    const { announcements, problems } = JSON.parse((await runProgram(["plan", "--json", "--node", "box", "--manifests", path])).out);
    assert.equal(problems, []);
    return announcements;
  } finally {
    rmSync(path, { recursive: true });
  }
}

README("the manifests for one's own box are enough, and no more than 15 lines", async () => {
  const [{ body } = { body: "" }] = blocks.filter(({ language }) => language === "yaml");
  assert.ok(body.trim().split("\n").length <= 15);
  assert.equal(await planOf(body), [{ ...ROW, via: "arp" }]);
});

README("those of a router beside them announce by BGP, too", async () => {
  const bodies = blocks.filter(({ language }) => language === "yaml").map(({ body }) => body);
  assert.is(bodies.length, 2);
  assert.equal(await planOf(bodies.join("---\n")), [
    { ...ROW, via: "arp" },
    { ...ROW, via: "bgp" },
  ]);
});

README("its commands and their flags exist", async () => {
  const lines = blocks.filter(({ language }) => language === "sh").flatMap(({ body }) => body.split("\n"));
  const used = lines.flatMap((line) => /(?:npm start -s --|herald\.mjs) ([\w-]+) ?([^|]*)/.exec(line)?.slice(1, 3) ?? []);
  assert.ok(used.length >= 8, "some are found");
  for (let at = 0; at < used.length; at += 2) {
    const [command = "", rest = ""] = used.slice(at, at + 2);
    const words = rest.split(" --")[0]?.split(" ").filter(Boolean) ?? [];
    const { code, out } = await runProgram([command, ...words.filter((word) => !word.startsWith("--")), "--help"]);
    assert.is(code, 0, command);
    for (const flag of rest.match(/--[\w-]+/g) ?? []) assert.match(out, new RegExp(`^  ${flag}\\b`, "m"), `${command} ${flag}`);
  }
});

README("what it links to is there", () => {
  const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, target = ""]) => target);
  assert.ok(links.length >= 4);
  for (const link of links) assert.ok(readFileSync(fileURLToPath(new URL(`../${link}`, import.meta.url))).length > 0, link);
});

README.run();
