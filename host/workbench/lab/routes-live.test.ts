/** Routes of a running lab: what its routers learn, lose, and cannot learn. */

import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { namespaces, testWith, tool } from "../testing/requirements.ts";
import { RunningLab, runLab } from "../testing/running-lab.ts";
import type { RouteResult } from "./route-row.ts";

const homelab = fileURLToPath(new URL("../../../fixtures/homelab", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "herald-routes-test-"));
chmodSync(directory, 0o755);

const ROUTES = suite("herald lab, routes");

ROUTES.after(() => rmSync(directory, { recursive: true, force: true }));

function copyOf(name: string): { path: string; edit: (from: string, to: string) => void } {
  const path = join(directory, name);
  cpSync(homelab, path, { recursive: true });
  const edit = (from: string, to: string): void => {
    const texts = ["cluster.yaml", "services.yaml"].map((file) => [join(path, file), readFileSync(join(path, file), "utf8")] as const);
    const [file, text] = texts.find(([, found]) => found.includes(from)) ?? [];
    if (file === undefined) throw new Error(`The home lab has no ${from}`);
    writeFileSync(file, text?.replace(from, to) ?? "");
  };
  return { path, edit };
}

function label(node: string): [from: string, to: string] {
  return [`{name: ${node}}`, `{name: ${node}, labels: {board: ${node}}}`];
}

const only = (node: string): string => `nodeSelectors: [{matchLabels: {board: ${node}}}]`;
const learned = (nextHops: string): RegExp => new RegExp(`photos +198\\.51\\.100\\.1 +routed +router +${nextHops} +node-[abc] +\\d+ ms`);

testWith(ROUTES, [namespaces], "come and go with speakers, peers, advertisements and Services", async () => {
  const { path, edit } = copyOf("edits");
  const lab = new RunningLab(["--manifests", path]);
  try {
    const all = learned("node-a, node-b, node-c");
    await lab.prints(all);

    let from = lab.stdout.length;
    const [pid = 0] = lab.processes(/ run .*--node node-c/);
    process.kill(pid, "SIGKILL");
    await lab.prints(/The speaker on node-c starts again in a second/, from);
    await lab.prints(all, from);

    from = lab.stdout.length;
    const [router = 0] = lab.processes(/bgp listen/);
    edit("peerASN: 64513", "peerASN: 64514");
    await lab.prints(all, from);
    assert.not(lab.processes(/bgp listen/).includes(router), "it is another router");
    assert.is(lab.processes(/bgp listen --asn 64514 --address 192\.0\.2\.1/).length, 1);

    from = lab.stdout.length;
    edit(...label("node-b"));
    edit("ipAddressPools: [routed]", `ipAddressPools: [routed]\n  ${only("node-b")}`);
    await lab.prints(learned("node-b"), from);

    edit("name: photos", "name: pictures");
    await lab.prints(/photos 198\.51\.100\.1 on router is gone/);
    await lab.prints(/pictures +198\.51\.100\.1 +routed +router +node-b +node-b +\d+ ms/);

    const [last = 0] = lab.processes(/bgp listen/);
    process.kill(last, "SIGKILL");
    const { code, stderr } = await lab.ended;
    assert.is.not(code, 0);
    assert.match(stderr, /The router router ended: SIGKILL/);
    await lab.isGone();
  } finally {
    await lab.kill();
  }
});

async function judge(
  path: string,
  ...flags: readonly string[]
): Promise<{ code: number | null; photos: RouteResult | undefined; stderr: string }> {
  const { code, stdout, stderr } = await runLab(["--json", "--manifests", path, ...flags]);
  const { routes } = JSON.parse(stdout) as { routes: RouteResult[] };
  return { code, photos: routes[0], stderr };
}

testWith(ROUTES, [namespaces], "are judged, with the session that is not up and why", async () => {
  const { path, edit } = copyOf("wrong");
  for (const node of ["node-a", "node-b"]) edit(...label(node));
  // Of two resources for one address the first by name says what the router is.
  const spec = `{myASN: 64512, peerASN: 64999, peerAddress: 192.0.2.1, ${only("node-b")}}`;
  const mistaken = `---\napiVersion: metallb.io/v1beta2\nkind: BGPPeer\nmetadata: {name: zz}\nspec: ${spec}\n`;
  edit("peerAddress: 192.0.2.1}\n", `peerAddress: 192.0.2.1, ${only("node-a")}}\n${mistaken}`);
  const { code, photos, stderr } = await judge(path);
  assert.is(code, 1);
  assert.equal([photos?.nextHops, photos?.expectedNextHops, photos?.learned], [["node-a"], ["node-a", "node-b"], false]);
  const why = "has it from node-a, expected from node-a, node-b \\(no session with node-b: [^)]*bad peer AS \\(2/2\\)";
  assert.match(stderr, new RegExp(`default/photos 198\\.51\\.100\\.1: router router \\(192\\.0\\.2\\.1\\) ${why}`));
});

testWith(ROUTES, [namespaces], "are learned over sessions that are signed", async () => {
  const { path, edit } = copyOf("signed");
  const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: key}\ntype: kubernetes.io/basic-auth\nstringData: {password: sesame}\n";
  edit("peerAddress: 192.0.2.1}\n", `peerAddress: 192.0.2.1, passwordSecret: {name: key}}\n---\n${secret}`);
  const { code, photos, stderr } = await judge(path);
  assert.is(code, 0, stderr);
  assert.is(photos?.learned, true);
});

testWith(ROUTES, [namespaces], "there is no router where a node is", async () => {
  const { path, edit } = copyOf("taken");
  edit("peerAddress: 192.0.2.1}", "peerAddress: 192.0.2.12}");
  const { code, stderr } = await judge(path);
  assert.is(code, 1);
  assert.match(stderr, /photos 198\.51\.100\.1 cannot be learned: .*\(192\.0\.2\.12\), as node-b has that address/);
});

for (const [router, needed] of [
  ["bird", tool("birdc", "bird2")],
  ["frr", tool("vtysh", "frr")],
] as const) {
  testWith(ROUTES, [namespaces, needed], `are learned by ${router}, and packets go where it says`, async () => {
    const { code, photos, stderr } = await judge(homelab, "--router", router);
    assert.is(code, 0, stderr);
    assert.equal(photos?.nextHops, ["node-a", "node-b", "node-c"]);
    assert.ok(photos?.nextHops.includes(photos.reached ?? ""));
  });
}

ROUTES("a router of another name is refused", async () => {
  const { code, stderr } = await runLab(["--once", "--router", "quagga"]);
  assert.is(code, 2);
  assert.match(stderr, /Flag --router has the value "quagga": expected bird or frr/);
});

ROUTES.run();
