import { chmodSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { testWith, tool } from "../workbench/testing/requirements.ts";
import { runHere, runProgram } from "../workbench/testing/run-command.ts";
import { runCommandFor } from "./run.ts";

const run = suite("herald run");

const homelab = fileURLToPath(new URL("../../fixtures/homelab", import.meta.url));
const isRoot = process.getuid?.() === 0;
const good = ["--manifests", homelab];

const mistakes: Readonly<Record<string, readonly [args: string[], code: number, says: string]>> = {
  "no manifests": [[], 2, "Flag --manifests is missing: name a directory or a file"],
  "an argument": [[...good, "now"], 2, 'Unknown argument "now": expected only flags'],
  "a misspelled flag": [[...good, "--interfaces", "eth0"], 2, "Unknown flag --interfaces: did you mean --interface?"],
  "a flag without its value": [[...good, "--node"], 2, "Flag --node needs a value"],
  "an unknown level": [
    [...good, "--log-level", "loud"],
    2,
    'Flag --log-level has the value "loud": expected all, debug, info, warn, error or none',
  ],
  "metrics at a port alone": [
    [...good, "--metrics", "9120"],
    2,
    'Flag --metrics has the value "9120": expected an address and a port, such as 127.0.0.1:9120 or [::1]:9120',
  ],
  "a permission that nobody gets": [
    [...good, "--plugin", "./x.ts", "--allow-run=ls"],
    2,
    "Herald has no --allow-run: a program that a plugin starts is bound by none of its permissions",
  ],
  "a permission without a scope": [
    [...good, "--plugin", "./x.ts", "--allow-net"],
    2,
    "Flag --allow-net needs a scope: a plugin gets what is named, as in --allow-net=192.0.2.1:179",
  ],
  "grants that cannot be trusted": [
    [...good, "--plugin", "./x.ts", "--grants", "/dev/null"],
    1,
    "Cannot trust grants file /dev/null: found no regular file, expected one",
  ],
  "an unknown format": [[...good, "--log-format", "xml"], 2, 'Flag --log-format has the value "xml": expected text or json'],
  "a path where nothing is": [["--manifests", "/nowhere"], 1, "Cannot read manifests at /nowhere: ENOENT, expected a directory or a file"],
};

for (const [what, [args, code, says]] of Object.entries(mistakes)) {
  run(`says in one line what is wrong with ${what}`, async () => {
    const outcome = await runHere(runCommandFor({ builtIns: [], optional: [] }, "0.0.0"), ...args);
    assert.equal([outcome.code, outcome.out], [code, ""]);
    assert.is(outcome.err, code === 2 ? `herald run: ${says} (see herald run --help)\n` : `herald run: ${says}\n`);
  });
}

/** As a user without capabilities. */
const unprivileged = isRoot ? ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] : [];
/** As a user who is not the owner of what a test makes. */
const nobody = isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
const setpriv = isRoot ? [tool("setpriv", "util-linux")] : [];

testWith(run, setpriv, "without CAP_NET_RAW it says how to get it, and ends", async () => {
  const { code, out, err } = await runProgram(["run", ...good, "--node", "node-a", "--control", "none"], { through: unprivileged });
  assert.match(err, /^herald run: Cannot open a packet socket: the capability CAP_NET_RAW is missing; run as root, or [^\n]+\n$/);
  assert.equal([code, out], [1, ""]);
});

run("elsewhere than on Linux it says so, and ends", async () => {
  const pretend = "Object.defineProperty(process,'platform',{value:'darwin'})";
  const through = ["env", `NODE_OPTIONS=--import=data:text/javascript,${pretend}`];
  const { code, out, err } = await runProgram(["run", ...good, "--node", "node-a", "--control", "none"], { through });
  assert.is(
    err,
    "herald run: Cannot open packet sockets on darwin: Herald announces on Linux only, also in a container or a virtual machine\n",
  );
  assert.equal([code, out], [1, ""]);
});

testWith(run, setpriv, "a controller that cannot write its record says so, and ends", async () => {
  const path = mkdtempSync(join(tmpdir(), "herald-run-"));
  try {
    cpSync(homelab, path, { recursive: true });
    chmodSync(path, 0o555);
    const { code, out, err } = await runProgram(["run", "--manifests", path, "--node", "node-a", "--controller", "--control", "none"], {
      through: nobody,
    });
    const remedy = "make it writable for this user, or name a file elsewhere with --allocations";
    assert.is(err, `herald run: Cannot give out addresses: no file can be written in ${path} (EACCES); ${remedy}\n`);
    assert.equal([code, out], [1, ""]);
  } finally {
    chmodSync(path, 0o755);
    rmSync(path, { recursive: true });
  }
});

run.run();
