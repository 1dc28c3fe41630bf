import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { API_GROUP, definePlugin } from "../announcer.ts";
import { loadBundle } from "../sandbox/source/load-bundle.ts";
import { runHere } from "../workbench/testing/run-command.ts";
import { explainCommandFor } from "./explain.ts";
import { planCommandFor } from "./plan.ts";

const plan = suite("plugins in herald plan and herald explain");

const notHere = () => Promise.reject(new Error("Not started here"));
const rip = definePlugin<unknown>({
  ...{ name: "rip", api: 1, from: "every-node", serves: { kind: "rip", families: [4] }, config: {}, example: {} },
  ...{ permissions: () => [], start: notHere },
});
const shipped = { builtIns: [], optional: [rip] };
const commands = { plan: planCommandFor(shipped), explain: explainCommandFor(shipped) };
const folder = mkdtempSync(join(tmpdir(), "herald-plan-"));
const VRRP = `import { definePlugin } from "herald";
export default definePlugin({ name: "vrrp", api: 1, from: "owner", serves: { kind: "vrrp", families: [4] }, config: {}, example: {},
  permissions: () => [], start: () => Promise.reject(new Error("nobody starts it")) });`;

const object = (kind: string, name: string, spec: string) =>
  `---\n{apiVersion: ${API_GROUP}/v1alpha1, kind: ${kind}, metadata: {name: ${name}}, spec: ${spec}}\n`;
const world = (plugin: string) => `
{apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: {name: p}, spec: {addresses: [192.0.2.240/32]}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {type: LoadBalancer, ports: [{port: 80}]}}
${object("Advertisement", "web", `{plugin: ${plugin}}`)}`;

async function run(name: keyof typeof commands, text: string) {
  writeFileSync(join(folder, "manifests.yaml"), text);
  const args = [...(name === "explain" ? ["web"] : []), "--manifests", join(folder, "manifests.yaml"), "--json"];
  const { out, err } = await runHere(commands[name], ...args);
  assert.is(err, "");
  return JSON.parse(out);
}

interface Said {
  readonly announcements: readonly { readonly via: string }[];
  readonly problems: readonly { readonly object: string; readonly expected: string }[];
}

plan("one that comes with Herald is planned for where something names it", async () => {
  const { announcements, problems }: Said = await run("plan", world("rip"));
  assert.equal([announcements.map(({ via }) => via), problems], [["rip"], []]);
  const other: Said = await run("plan", world("carp"));
  assert.equal([other.announcements, other.problems.map(({ expected }) => expected)], [[], ["one of rip"]]);
});

plan("one of a Plugin resource is asked what it is, and where that cannot be, the reason is told", async () => {
  const path = join(folder, "vrrp");
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "plugin.ts"), VRRP);
  const { pin } = await loadBundle(path);
  const text = (its: string) => world("vrrp") + object("Plugin", "vrrp", `{source: {path: ${path}}, pin: ${its}}`);
  const { announcements, problems }: Said = await run("plan", text(pin));
  assert.equal([announcements.map(({ via }) => via), problems], [["vrrp"], []]);
  const { vias } = await run("explain", text(pin));
  assert.equal([vias[0].via, vias[0].from], ["vrrp", "owner"]);
  const wrong: Said = await run("plan", text(`sha256-${"A".repeat(43)}=`));
  assert.equal([wrong.announcements, wrong.problems.map((problem) => problem.object)], [[], ["Plugin vrrp"]]);
  assert.match(wrong.problems[0]?.expected ?? "", `Its pin is ${pin}, expected sha256-AAA`);
});

plan.after(() => rmSync(folder, { recursive: true }));
plan.run();
