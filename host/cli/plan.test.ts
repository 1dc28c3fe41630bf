import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { definePlugin } from "../announcer.ts";
import { formatAllocations } from "../cluster/manifests/allocations-text.ts";
import { rankOracle } from "../workbench/testing/rank-oracle.ts";
import { runHere } from "../workbench/testing/run-command.ts";
import { planCommandFor } from "./plan.ts";
import type { PlanOutput } from "./plan-manifests.ts";

const plan = suite("herald plan");

const fixture = (path: string) => fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url));
const homelab = fixture("homelab");

const layer2 = definePlugin({
  ...{ name: "arp", api: 1, from: "owner", serves: { kind: "L2Advertisement", families: [4] }, config: {}, example: {} },
  permissions: () => [],
  start: () => Promise.reject(new Error("a plan starts nothing")),
});
const command = planCommandFor({ builtIns: [layer2], optional: [] });
const run = (...args: string[]) => runHere(command, ...args);
const json = async (...args: string[]) => JSON.parse((await run("--json", ...args)).out) as PlanOutput;

/** A directory with these manifests, for as long as `use` takes. */
async function withManifests<Result>(yaml: string, use: (path: string) => Promise<Result>): Promise<Result> {
  const path = mkdtempSync(join(tmpdir(), "herald-plan-"));
  try {
    writeFileSync(join(path, "all.yaml"), yaml);
    return await use(path);
  } finally {
    rmSync(path, { recursive: true });
  }
}

const pool = "{apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: {name: p}, spec: {addresses: [192.0.2.1/32]}}\n---\n";
const advertisement = "{apiVersion: metallb.io/v1beta1, kind: L2Advertisement, metadata: {name: a}}\n---\n";
const service = (name: string) =>
  `{apiVersion: v1, kind: Service, metadata: {name: ${name}}, spec: {type: LoadBalancer, ports: [{port: 80}]}}\n---\n`;

plan("--json on the home lab is what is on record", async () => {
  const { code, out, err } = await run("--manifests", homelab, "--json");
  assert.equal(JSON.parse(out), JSON.parse(readFileSync(fixture("plans/homelab.json"), "utf8")));
  assert.is(out.split("\n").length, 2, "one line");
  assert.equal([code, err], [0, ""]);
});

plan("the order of nodes on record is that of an independent ranking", () => {
  const { owners } = JSON.parse(readFileSync(fixture("plans/homelab.json"), "utf8")) as PlanOutput;
  for (const { vip, rank } of owners)
    assert.equal(
      rank,
      rankOracle(
        vip,
        rank.toSorted().map((name) => ({ name, weight: 0 })),
      ),
    );
});

plan("without --json it is a table and the reasons", async () => {
  assert.equal(await run("--manifests", homelab), {
    code: 0,
    err: "",
    out: [
      "SERVICE                 VIP            POOL    OWNER > HEIRS             VIA",
      "default/home-assistant  192.0.2.240    home    node-b > node-a > node-c  arp",
      "default/home-assistant  2001:db8::240  home",
      "default/jellyfin        192.0.2.241    home    node-b                    arp",
      "default/photos          198.51.100.1   routed",
      "default/pi-hole         192.0.2.250    home    node-a > node-c > node-b  arp",
      "",
      "Not announced:",
      "  default/home-assistant by L2Advertisement: noAnnouncer (node-a, node-b, node-c)",
      "  default/jellyfin by arp: noLocalEndpoints (node-a, node-c)",
      "  default/photos by arp: noMatchingAdvertisement (node-a, node-b, node-c)",
      "",
    ].join("\n"),
  });
});

plan("--node leaves what other nodes announce out", async () => {
  const all = await json("--manifests", homelab);
  const one = await json("--manifests", homelab, "--node", "node-b");
  assert.equal(one.owners, all.owners);
  assert.equal(
    one.announcements,
    all.announcements.filter(({ node }) => node === "node-b"),
  );
  assert.equal(
    one.refused,
    all.refused.filter(({ node }) => node === "node-b"),
  );
});

plan("where the manifests have no Nodes, this box is the one", async () => {
  await withManifests(pool + advertisement + service("one"), async (path) => {
    const { owners, announcements } = await json("--manifests", path);
    assert.equal(owners, [{ vip: "192.0.2.1", rank: [hostname()] }]);
    assert.equal(
      announcements.map(({ node }) => node),
      [hostname()],
    );
  });
  const { refused } = await withManifests(pool + service("one"), (path) => json("--manifests", path));
  assert.equal(refused, [{ service: "default/one", node: hostname(), via: "arp", reason: "noMatchingAdvertisement" }]);
});

plan("a Service without address has a reason, and that is no problem of the manifests", async () => {
  const { code, out } = await withManifests(pool + advertisement + service("one") + service("two"), (path) =>
    run("--manifests", path, "--node", "box", "--json"),
  );
  const { allocations, announcements, problems } = JSON.parse(out) as PlanOutput;
  assert.equal([code, problems], [0, []]);
  assert.equal(allocations[0], { service: "default/one", vips: ["192.0.2.1"], pool: "p" });
  assert.equal(Object.keys(allocations[1] ?? {}), ["service", "reason"]);
  assert.equal(announcements, [{ node: "box", vip: "192.0.2.1", via: "arp", links: null, services: ["default/one"] }]);
});

plan("problems have file and line, and make it exit 1", async () => {
  const yaml = `${pool}${service("one")}apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: q}\nspec:\n  addresses: [192.0.2.0/33]\n`;
  await withManifests(yaml, async (path) => {
    const file = join(path, "all.yaml");
    const { code, out } = await run("--manifests", path, "--json");
    const { problems, allocations } = JSON.parse(out) as PlanOutput;
    const problem = {
      object: "IPAddressPool q",
      path: "spec.addresses[0]",
      found: '"192.0.2.0/33"',
      expected: "a prefix length from 0 to 32",
      file,
      line: 9,
    };
    assert.equal(problems, [problem]);
    assert.is(code, 1);
    assert.equal(allocations[0]?.vips, ["192.0.2.1"], "one bad object never blocks the good ones");
    const text = (await run("--manifests", path)).out;
    assert.ok(
      text.endsWith(
        `Problems:\n  ${file}:9: IPAddressPool q spec.addresses[0]: found "192.0.2.0/33", expected a prefix length from 0 to 32\n`,
      ),
      text,
    );
  });
});

plan("starts from the addresses on record, and writes nothing", async () => {
  await withManifests(pool.replace("/32", "/30") + service("one"), async (path) => {
    const record = join(path, "record.txt");
    assert.equal((await json("--manifests", path)).allocations[0]?.vips, ["192.0.2.0"]);
    writeFileSync(record, formatAllocations(new Map([["default/one", { vips: ["192.0.2.2"], pool: "p" }]])));
    const before = readFileSync(record, "utf8");
    const { allocations, problems } = await json("--manifests", path, "--allocations", record);
    assert.equal(problems, []);
    assert.equal(allocations[0]?.vips, ["192.0.2.2"]);
    assert.equal([readdirSync(path).sort(), readFileSync(record, "utf8")], [["all.yaml", "record.txt"], before]);
  });
});

const mistakes: Readonly<Record<string, readonly [args: string[], code: number, says: string]>> = {
  "no manifests": [[], 2, "Flag --manifests is missing: name a directory or a file"],
  "manifests as an argument": [["fixtures/homelab"], 2, 'Unknown argument "fixtures/homelab": expected only flags'],
  "a misspelled flag": [["--manifest", "x"], 2, "Unknown flag --manifest: did you mean --manifests?"],
  "a path where nothing is": [["--manifests", "/nowhere"], 1, "Cannot read manifests at /nowhere: ENOENT, expected a directory or a file"],
};

for (const [what, [args, code, says]] of Object.entries(mistakes)) {
  plan(`says in one line what is wrong with ${what}`, async () => {
    const outcome = await run(...args);
    assert.equal([outcome.code, outcome.out], [code, ""]);
    assert.is(outcome.err, code === 2 ? `herald plan: ${says} (see herald plan --help)\n` : `herald plan: ${says}\n`);
  });
}

plan.run();
