/** The case folders of `fixtures/migrate`: a cluster's YAML goes in, `expected.txt` comes out; with the plugins that there are. */

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runCommand } from "../host/cli/command.ts";
import { migrateCommandFor } from "../host/cli/migrate.ts";
import type { Report } from "../host/cluster/migrate/report.ts";
import { runHere } from "../host/workbench/testing/run-command.ts";
import { builtIns } from "./index.ts";

const migrate = suite("herald migrate");

const command = migrateCommandFor(builtIns);
const folder = fileURLToPath(new URL("../fixtures/migrate/", import.meta.url));
const cases = readdirSync(folder).sort();
const clusterOf = (name: string) => `${folder}${name}/cluster.yaml`;
const reportOf = async (...args: string[]) => JSON.parse((await runHere(command, "--json", ...args)).out) as Report;

for (const name of cases) {
  migrate(`the case ${name}`, async () => {
    const { code, out, err } = await runHere(command, clusterOf(name));
    assert.is(err, "");
    assert.fixture(`${out}exit code ${code}\n`, readFileSync(`${folder}${name}/expected.txt`, "utf8"));
  });
}

migrate("the cases lose nothing, or something, as they should", async () => {
  const codes = await Promise.all(cases.map(async (name) => (await runHere(command, clusterOf(name))).code));
  assert.equal(Object.fromEntries(cases.map((name, at) => [name, codes[at]])), {
    ...{ "bgp-frr-k8s": 3, "bgp-native": 0, layer2: 0, loses: 3, "resources-only": 0 },
  });
});

migrate("takes a directory, and standard input, as it takes a file", async () => {
  const expected = await runHere(command, clusterOf("layer2"));
  assert.equal(await runHere(command, `${folder}layer2`), expected);
  const text = { out: "", err: "" };
  const io = {
    stdin: (async function* () {
      yield readFileSync(clusterOf("layer2"));
    })(),
    stdout: { write: (piece: string) => (text.out += piece) },
    stderr: { write: (piece: string) => (text.err += piece) },
  };
  assert.is(await runCommand(command, ["-"], io), 0);
  assert.equal(text, { out: expected.out, err: "" });
});

migrate("an owner that MetalLB's record does not have is a move", async () => {
  const { moves, layer2, basis } = (await reportOf(clusterOf("loses"))).announcements;
  assert.equal([layer2, basis], [3, "rule"]);
  assert.equal(
    moves.map(({ vip, before, after }) => [vip, before, after]),
    [
      ["192.0.2.10", "node-a", "node-d"],
      ["2001:db8::10", "node-a", "node-b"],
      ["192.0.2.10", "node-a", "node-d"],
    ],
  );
});

migrate("no password is told, whatever is wrong with the object that has it", async () => {
  const { out } = await runHere(command, "--json", clusterOf("bgp-frr-k8s"));
  assert.not.match(out, /c2VjcmV0|"secret"/);
});

migrate("files that cannot be read, and a cluster without MetalLB, are exit code 1", async () => {
  assert.equal(await runHere(command, `${folder}none`), {
    ...{ code: 1, out: "", err: `herald migrate: Cannot read ${folder}none: ENOENT, expected a file, a directory or -\n` },
  });
  const empty = await runHere(command, fileURLToPath(new URL("../fixtures/homelab/none.yaml", import.meta.url)));
  assert.is(empty.code, 1);
  const { code, err } = await runHere(command, "-");
  assert.equal([code, err], [1, "herald migrate: Cannot find MetalLB: expected its pools, peers, Deployment or DaemonSet\n"]);
});

migrate("wrong flags are exit code 2", async () => {
  assert.is((await runHere(command, "--kubeconfig", "a", clusterOf("layer2"))).code, 2);
  assert.match((await runHere(command, "--jsn")).err, /did you mean --json/);
});

migrate.run();
