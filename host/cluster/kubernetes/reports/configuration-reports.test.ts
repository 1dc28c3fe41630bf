/** What is reported of configuration and of BGP sessions, against a real API server: ConfigurationState, BGPSessionState, Events on bad objects. */

import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Problem } from "../../../rules/vocabulary.ts";
import { type ApiServer, startApiServer } from "../../../workbench/api-server/api-server.ts";
import { writeNamespace } from "../../../workbench/api-server/objects.ts";
import type { KubernetesObject } from "../../../workbench/api-server/test-client.ts";
import { recordedLog } from "../../../workbench/testing/log.ts";
import { apiServer, testWith } from "../../../workbench/testing/requirements.ts";
import { Client } from "../../api/client.ts";
import { findCredentials } from "../../api/credentials.ts";
import type { Finding } from "../coexistence/gate.ts";
import { EventRecorder } from "../events/events.ts";
import { tellProblemsByEvents } from "../events/problem-events.ts";
import type { SessionRow } from "./bgp-session-state.ts";
import { ConfigurationReports } from "./configuration-reports.ts";
import { SessionReports } from "./session-reports.ts";

const REPORTS = suite("configuration reports");

const NS = "metallb-system";
const STATE = "metallb.io/v1beta1/ConfigurationState";
const SESSION = "herald.dev/v1alpha1/BGPSessionState";
const CRDS = new URL("../../../../deploy/crds/", import.meta.url);

let server: ApiServer | undefined;
let client: Client | undefined;
/** Also of a test that fails. */
const closers: (() => void)[] = [];

function running(): ApiServer {
  if (server === undefined) throw new Error("The API server did not start");
  return server;
}

class Source {
  #problems: readonly Problem[] = [];
  readonly #calls = new Set<() => void>();

  problems(): readonly Problem[] {
    return this.#problems;
  }

  onProblems(call: () => void): () => void {
    this.#calls.add(call);
    return () => void this.#calls.delete(call);
  }

  set(...problems: Problem[]): void {
    this.#problems = problems;
    for (const call of this.#calls) call();
  }
}

function common() {
  if (client === undefined) throw new Error("The API server did not start");
  return { api: client, namespace: NS, log: recordedLog().log };
}

/** The reports of the controller and of two speakers, which see the same. */
function states() {
  const source = new Source();
  const all = [undefined, "node-1", "node-2"].map((node) => new ConfigurationReports({ ...common(), source, ...(node && { node }) }));
  for (const one of all) one.start();
  closers.push(() => all.forEach((one) => void one.close()));
  return { source, close: () => all.forEach((one) => void one.close()) };
}

const result = (name: string, wanted: string, errorSummary: string): Promise<KubernetesObject> =>
  running().admin.until(STATE, `${NS}/${name}`, `${wanted} "${errorSummary}"`, (object) =>
    object.status?.result === wanted && object.status.errorSummary === errorSummary ? object : undefined,
  );

const NO_PROFILE: Problem = {
  object: "BGPPeer peer1",
  path: "spec.bfdProfile",
  found: '"my-bfd-profile"',
  expected: "the name of a BFDProfile that exists",
};
const NO_PROFILE_WORDS = "configuration error: peer peer1 referencing non existing bfd profile my-bfd-profile";
const SECRET = { object: "BGPPeer peer1", path: "spec.passwordSecret.name" };
const WANTED_SECRET = "a Secret of type kubernetes.io/basic-auth with a password";
const OVERLAP: Problem = { object: "IPAddressPool a", path: "spec.addresses[0]", found: '"10.0.0.0/8"', expected: "no overlap" };

testWith(REPORTS, [apiServer], "an API server starts, with the resources", async () => {
  server = await startApiServer();
  for (const name of readdirSync(CRDS)) await server.admin.apply(readFileSync(new URL(name, CRDS), "utf8"));
  await writeNamespace(server.admin, NS);
  client = new Client({ credentials: await findCredentials(server.kubeconfig()) });
});

testWith(
  REPORTS,
  [apiServer],
  "good configuration: all states are Valid, with MetalLB's names, labels, conditions and field owners",
  async () => {
    const { close } = states();
    const type = (component: string) => ({ "metallb.io/component-type": component });
    const wanted = [
      { name: "controller", labels: type("controller"), condition: "poolReconcilerValid", owner: "poolReconciler" },
      ...["node-1", "node-2"].map((node) => ({
        ...{ name: `speaker-${node}`, labels: { ...type("speaker"), "metallb.io/node-name": node } },
        ...{ condition: "configReconcilerValid", owner: "configReconciler" },
      })),
    ];
    for (const { name, labels, condition, owner } of wanted) {
      const { metadata, status } = await result(name, "Valid", "");
      assert.equal(metadata["labels"], labels);
      const [{ lastTransitionTime: _, ...said }, ...others] = status.conditions;
      assert.equal([said, others.length], [{ type: condition, status: "True", reason: "Reconciled", message: "" }, 0]);
      const owners = metadata["managedFields"].filter(({ subresource }: Record<string, string>) => subresource === "status");
      assert.equal(
        owners.map(({ manager }: Record<string, string>) => manager),
        [owner],
      );
    }
    close();
  },
);

testWith(
  REPORTS,
  [apiServer],
  "beside another load balancer a condition says so with the remedy, and the configuration stays Valid",
  async () => {
    let findings: readonly Finding[] = [
      { reason: "MetalLB", object: "DaemonSet a/speaker", message: "MetalLB's speakers announce", remedy: "delete it", closes: "speaker" },
      { reason: "kube-vip", object: "DaemonSet a/kube-vip", message: "kube-vip may announce", remedy: "look at it" },
    ];
    let call = () => {};
    const gate = {
      findings: () => findings,
      onChange(told: () => void) {
        call = told;
        return () => {};
      },
    };
    const reports = new ConfigurationReports({ ...common(), source: new Source(), node: "node-9", gate });
    reports.start();
    closers.push(() => reports.close());
    const alone = (status: string) =>
      running().admin.until(STATE, `${NS}/speaker-node-9`, `Alone ${status}`, (object) => {
        const found = object.status?.conditions.find(({ type }: { type: string }) => type === "herald.dev/Alone");
        return found?.status === status && object.status.result === "Valid" ? found : undefined;
      });
    const { reason, message } = await alone("False");
    assert.equal([reason, message], ["AnotherLoadBalancer", "MetalLB's speakers announce (DaemonSet a/speaker). Remedy: delete it"]);
    findings = findings.slice(1);
    call();
    assert.is((await alone("True")).reason, "NothingFound");
    reports.close();
  },
);

testWith(
  REPORTS,
  [apiServer],
  "a missing BFD profile: speakers are Invalid in MetalLB's words, the controller stays Valid; all is well again after",
  async () => {
    const { source, close } = states();
    source.set(NO_PROFILE);
    const invalid = await result("speaker-node-1", "Invalid", NO_PROFILE_WORDS);
    await result("speaker-node-2", "Invalid", NO_PROFILE_WORDS);
    await result("controller", "Valid", "");
    const { lastTransitionTime, ...condition } = invalid.status.conditions[0];
    assert.equal(condition, { type: "configReconcilerValid", status: "False", reason: "ConfigurationError", message: NO_PROFILE_WORDS });

    await wait(1100);
    source.set(NO_PROFILE, { ...OVERLAP, object: "L2Advertisement home", path: "spec.interfaces" });
    const two = `${NO_PROFILE_WORDS}\nconfiguration error: L2Advertisement home spec.interfaces: found "10.0.0.0/8", expected no overlap`;
    const still = await result("speaker-node-1", "Invalid", two);
    assert.is(still.status.conditions[0].lastTransitionTime, lastTransitionTime, "it is as invalid as before");
    source.set();
    const valid = await result("speaker-node-1", "Valid", "");
    assert.is.not(valid.status.conditions[0].lastTransitionTime, lastTransitionTime);
    close();
  },
);

testWith(
  REPORTS,
  [apiServer],
  "pools that are wrong are the controller's and the speakers', a Service that is wrong is nobody's",
  async () => {
    const { source, close } = states();
    source.set(OVERLAP, { ...OVERLAP, object: "Service shop/web" });
    const words = 'configuration error: IPAddressPool a spec.addresses[0]: found "10.0.0.0/8", expected no overlap';
    await result("controller", "Invalid", words);
    await result("speaker-node-1", "Invalid", words);
    source.set();
    await result("controller", "Valid", "");
    close();
  },
);

testWith(REPORTS, [apiServer], "Secrets and aliases that are missing are said in MetalLB's words", async () => {
  const { source, close } = states();
  source.set({ ...SECRET, found: '"bgp-password" of type Opaque', expected: WANTED_SECRET });
  await result(
    "speaker-node-1",
    "Invalid",
    'configuration error: parsing peer peer1 secret type mismatch on "metallb-system"/"bgp-password", type "kubernetes.io/basic-auth" is expected \nfailed to parse peer peer1 password secret',
  );
  source.set({ ...SECRET, found: '"gone", which is not there', expected: WANTED_SECRET });
  await result(
    "speaker-node-1",
    "Invalid",
    'configuration error: parsing peer peer1 secret ref not found for peer config "metallb-system"/"peer1"\nfailed to parse peer peer1 password secret',
  );
  const alias = { object: "BGPAdvertisement ad", path: "spec.communities[0]", found: '"my-valid-alias"' };
  source.set({ ...alias, expected: "a name that a Community object gives" });
  await result(
    "speaker-node-1",
    "Invalid",
    'configuration error: invalid community format: my-valid-alias\ninvalid community "my-valid-alias" in BGP advertisement',
  );
  source.set();
  await result("speaker-node-1", "Valid", "");
  close();
});

testWith(REPORTS, [apiServer], "all states deleted: made again as they were, and Valid after the repair", async () => {
  const { admin } = running();
  const { source, close } = states();
  source.set(NO_PROFILE);
  const { metadata } = await result("speaker-node-1", "Invalid", NO_PROFILE_WORDS);
  for (const name of ["controller", "speaker-node-1", "speaker-node-2"]) await admin.delete(STATE, `${NS}/${name}`);
  const again = await result("speaker-node-1", "Invalid", NO_PROFILE_WORDS);
  assert.is.not(again.metadata["uid"], metadata["uid"]);
  await result("controller", "Valid", "");
  source.set();
  await result("speaker-node-1", "Valid", "");
  await result("speaker-node-2", "Valid", "");
  close();
});

testWith(REPORTS, [apiServer], "what MetalLB left in a state is taken over", async () => {
  const { admin } = running();
  await admin.patch(
    STATE,
    `${NS}/speaker-node-1`,
    { status: { result: "Invalid", errorSummary: "of MetalLB" } },
    { subresource: "status" },
  );
  const { close } = states();
  await result("speaker-node-1", "Valid", "");
  close();
});

testWith(
  REPORTS,
  [apiServer],
  "what is wrong with an object is an Event on it, with field, found and expected, once a change",
  async () => {
    const { admin } = running();
    const { api, log } = common();
    const [pool] = await admin.apply({
      ...{ apiVersion: "metallb.io/v1beta1", kind: "IPAddressPool", metadata: { name: "a", namespace: NS } },
      spec: { addresses: ["10.0.0.0/8"] },
    });
    const events = new EventRecorder({ api, component: "metallb-controller", log });
    const source = new Source();
    source.set(OVERLAP, { ...OVERLAP, object: "somewhere" });
    closers.push(() => events.close());
    const close = tellProblemsByEvents({ source, events, namespace: NS });
    source.set(OVERLAP);
    source.set({ ...OVERLAP, found: '"10.0.0.0/9"' });
    const found = await eventually(2);
    assert.equal(
      found.map(({ type, reason, message, involvedObject: { kind, uid } }) => [type, reason, message, kind, uid]),
      ["8", "9"].map((length) => [
        ...["Warning", "ConfigurationError", `spec.addresses[0]: found "10.0.0.0/${length}", expected no overlap`],
        ...["IPAddressPool", pool?.metadata["uid"]],
      ]),
    );
    assert.equal(events.counts(), { written: 2, limited: 0, dropped: 0, waiting: 0 });
    close();
    events.close();
  },
);

async function eventually(count: number): Promise<KubernetesObject[]> {
  for (const deadline = performance.now() + 20_000; ; await wait(50)) {
    const found = await running().admin.list("v1/Event", NS);
    if (found.length === count) return found.sort((a, b) => (a["message"] < b["message"] ? -1 : 1));
    if (performance.now() > deadline) throw new Error(`Found ${found.length} Events, expected ${count}`);
  }
}

testWith(REPORTS, [apiServer], "a BGP session is followed, is quiet while nothing happens, and goes with its peer", async () => {
  const { admin } = running();
  const row: SessionRow = { name: "tor-a", state: "active", prefixes: 0, address: "192.0.2.1", port: 179, localAs: 64512, peerAs: 64513 };
  let rows: SessionRow[] = [row];
  const since = performance.now();
  const uptimeSeconds = () => Math.round((performance.now() - since) / 1000);
  const sessions = async () => rows.map((one) => (one.state === "established" ? { ...one, uptimeSeconds: uptimeSeconds() } : one));
  const reports = new SessionReports({ ...common(), node: "node-1", sessions });
  reports.start();
  closers.push(() => reports.close());
  const find = (isSo: (object: KubernetesObject) => boolean) => async () => (await admin.list(SESSION, NS)).find(isSo);
  const until = async <T>(look: () => Promise<T | undefined>): Promise<T> => {
    for (const deadline = performance.now() + 20_000; performance.now() < deadline; await wait(50)) {
      const found = await look().catch(() => undefined);
      if (found !== undefined) return found;
    }
    throw new Error(`Waited in vain; there is ${JSON.stringify(await admin.list(SESSION, NS))}`);
  };
  await until(find(({ status }) => status?.state === "Active"));
  rows = [{ ...row, state: "established", prefixes: 2, holdTimeSeconds: 90, keepaliveSeconds: 30, capabilities: ["IPv4"] }];
  const up = await until(find(({ status }) => status?.state === "Established" && status.prefixes === 2));
  assert.equal(up.metadata["labels"], { "herald.dev/node": "node-1", "herald.dev/peer": "tor-a" });
  assert.is(up.status.since, up.status.establishedAt);
  const version = up.metadata["resourceVersion"];
  await wait(8000);
  assert.is((await admin.list(SESSION, NS))[0]?.metadata["resourceVersion"], version);
  rows = [];
  await until(async () => ((await admin.list(SESSION, NS)).length === 0 ? true : undefined));
  reports.close();
});

REPORTS.after(async () => {
  for (const close of closers) close();
  client?.close();
  await server?.stop();
});

REPORTS.run();
