import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { serveControl } from "../observe/control.ts";
import type { DrainOutcome } from "../observe/drain.ts";
import { runHere } from "../workbench/testing/run-command.ts";
import { drain } from "./drain.ts";

const DRAIN = suite("herald drain");

const done: DrainOutcome = { node: "node-a", isDraining: true, isByNode: false, handedOver: [], kept: [] };

/** With a Herald of node-a that answers so, and what it was asked. */
async function ask(outcome: Partial<DrainOutcome>, ...args: string[]) {
  const directory = mkdtempSync(join(tmpdir(), "herald-drain-"));
  const path = join(directory, "n.sock");
  const asked: string[] = [];
  const close = await serveControl(path, (request) => {
    asked.push(request.ask);
    return request.ask === "status" ? { node: "node-a" } : { ...done, ...outcome };
  });
  try {
    const { code, out, err } = await runHere(drain, ...args, "--control", path);
    return { code, out, err: err.replace(path, "PATH"), asked };
  } finally {
    await close();
    rmSync(directory, { recursive: true });
  }
}

DRAIN("says who has taken over what", async () => {
  const handedOver = [
    { group: "192.0.2.1", to: "node-b" },
    { group: "192.0.2.2", to: "node-c" },
    { group: "192.0.2.3", to: "node-b" },
    { group: "192.0.2.4" },
  ];
  assert.equal(await ask({ handedOver }, "node-a"), {
    ...{ code: 0, err: "", asked: ["status", "drain"] },
    out: `node-a is out of service
  handed over to node-b: 192.0.2.1 and 192.0.2.3
  handed over to node-c: 192.0.2.2
  given up, nobody was heard to take it over: 192.0.2.4
`,
  });
  assert.is((await ask({}, "node-a")).out, "node-a is out of service\n  it answered for nothing\n");
});

DRAIN("what nobody took over is told, and is exit code 3", async () => {
  const { code, out } = await ask({ kept: ["192.0.2.1"] }, "node-a");
  assert.equal([code, out], [3, "node-a is out of service\n  it still answers for 192.0.2.1\n"]);
});

DRAIN("--undo takes it back, unless its Node says otherwise", async () => {
  const { out, asked } = await ask({ isDraining: false }, "node-a", "--undo");
  assert.equal([out, asked], ["node-a is in service again\n", ["status", "undrain"]]);
  assert.match((await ask({ isByNode: true }, "node-a", "--undo")).out, "node-a is out of service, as its Node says: ");
});

DRAIN("--json has it as data", async () => {
  assert.equal(JSON.parse((await ask({}, "node-a", "--json")).out), done);
});

DRAIN("asks no other node than the one that was named", async () => {
  const { code, err, asked } = await ask({}, "node-b");
  assert.equal([code, err, asked], [1, "herald drain: At PATH answers node node-a: expected node-b\n", ["status"]]);
});

DRAIN("says in one line what is wrong with its arguments", async () => {
  for (const [args, words] of [
    [[], "No node is named"],
    [["a", "b"], 'Unknown argument "b"'],
    [["a", "--kubeconfig", "k", "--control", "c"], "expected one of them"],
  ] as const) {
    const { code, err } = await runHere(drain, ...args);
    assert.is(code, 2);
    assert.match(err, words);
  }
});

DRAIN.run();
