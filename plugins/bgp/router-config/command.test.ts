import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hostCommand } from "../../../host/cli/plugin-command.ts";
import { runHere } from "../../../host/workbench/testing/run-command.ts";
import { routerConfig } from "./command.ts";

const command = suite("herald router-config");

const folder = mkdtempSync(join(tmpdir(), "herald-router-config-"));
command.after(() => rmSync(folder, { recursive: true }));

const PEER = `
apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata: { name: tor1, namespace: metallb-system }
spec: { myASN: 64500, peerASN: 64512, peerAddress: 192.0.2.1, passwordSecret: { name: tor1 } }
---
apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata: { name: tor2, namespace: metallb-system }
spec: { myASN: 64500, peerASN: 64512, peerAddress: 192.0.2.2 }
`;
const NODE = `
---
apiVersion: v1
kind: Node
metadata: { name: a }
status: { addresses: [{ type: InternalIP, address: 192.0.2.10 }] }
`;

function manifests(text: string): string {
  const file = join(folder, "manifests.yaml");
  writeFileSync(file, text);
  return file;
}

const run = (...args: readonly string[]) => runHere(hostCommand(routerConfig), ...args);

command("prints a configuration for each router, and none of Secrets", async () => {
  const { code, out, err } = await run("--for", "frr", "--manifests", manifests(PEER + NODE));
  assert.equal([code, err], [0, ""]);
  assert.equal(out.match(/^router bgp 64512$/gm)?.length, 2);
  assert.match(out, " neighbor 192.0.2.10 remote-as 64500\n");
  assert.match(out, "! The password is the one in the Secret that BGPPeer tor1 names\n");
});

command("prints only those that are asked for", async () => {
  const { code, out } = await run("--for", "bird", "--peer", "tor2", "--manifests", manifests(PEER + NODE));
  assert.is(code, 0);
  assert.equal(out.match(/BGPPeer .*/g), ["BGPPeer tor2"]);
});

command("says what is missing", async () => {
  const from = (text: string, ...more: readonly string[]) => run("--for", "gobgp", "--manifests", manifests(text), ...more);
  const noNode = "BGPPeer tor1: found no node that it selects, expected a Node among the manifests\n";
  assert.equal(await from(PEER, "--peer", "tor1"), { code: 1, out: "", err: noNode });
  assert.match((await from(NODE)).err, /^found no BGPPeer in .*, expected one\n$/);
  assert.equal(await from(PEER + NODE, "--peer", "tor3"), { code: 1, out: "", err: 'found no BGPPeer "tor3", expected one\n' });
  assert.match((await from(PEER.replace("64512", "0"))).err, /manifests.yaml:\d+: BGPPeer tor1 spec.peerASN: found 0/);
  assert.match((await run("--for", "frr", "--manifests", `${folder}/none`)).err, "Cannot read manifests");
});

command("says which flags are wrong", async () => {
  const mistakes: readonly (readonly [args: readonly string[], says: string])[] = [
    [[], "Flag --for is missing: expected one of bird, frr, gobgp, openbgpd, exabgp"],
    [["--for", "brid", "--manifests", "x"], 'Unknown router "brid": did you mean bird?'],
    [["--for", "toString", "--manifests", "x"], 'Unknown router "toString"'],
    [["--for", "bird"], "Flag --manifests is missing"],
    [["bird"], 'Unknown argument "bird"'],
  ];
  for (const [args, says] of mistakes) {
    const { code, err } = await run(...args);
    assert.is(code, 2);
    assert.ok(err.startsWith(`herald router-config: ${says}`), err);
  }
});

command.run();
