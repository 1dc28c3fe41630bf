import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ApiServer, startApiServer } from "../../host/workbench/api-server/api-server.ts";
import { readDefinitions, writeDefinitions } from "../../host/workbench/api-server/definitions.ts";
import type { KubernetesObject } from "../../host/workbench/api-server/test-client.ts";
import { apiServer, testWith } from "../../host/workbench/testing/requirements.ts";
import { readExamples, refusals, refusalsOf, rulesOf } from "./rules.ts";

const resources = suite("custom resources");
const definitions = readDefinitions();
let server: ApiServer | undefined;
/** Messages that came, by plural. */
const told = new Map<string, Set<string>>();

function running(): ApiServer {
  if (server === undefined) throw new Error("The API server did not start");
  return server;
}

function note(plural: string, problems: readonly string[]): void {
  const messages = told.get(plural) ?? new Set();
  for (const problem of problems) messages.add(problem.slice(problem.indexOf("Wanted ")));
  told.set(plural, messages);
}

/** Where each kind has a list of label selectors; all of them have the same schema. */
const selecting: Readonly<Record<string, (selectors: unknown) => unknown>> = {
  ipaddresspools: (selectors) => ({ addresses: ["192.0.2.0/24"], serviceAllocation: { serviceSelectors: selectors } }),
  l2advertisements: (selectors) => ({ nodeSelectors: selectors }),
  bgpadvertisements: (selectors) => ({ serviceSelectors: selectors }),
  bgppeers: (selectors) => ({ myASN: 64500, peerASN: 64501, peerAddress: "192.0.2.1", nodeSelectors: selectors }),
  advertisements: (selectors) => ({ plugin: "arp", ipAddressPoolSelectors: selectors }),
};
const KEY = "Wanted a label key of the form [dns-prefix/]name, the name with at most 63 letters, digits, -, _ or .";
const wrongSelectors: readonly (readonly [selectors: unknown, expected: string])[] = [
  [[{ matchLabels: { "-app": "web" } }], KEY.replace("a label key", "label keys")],
  [[{ matchLabels: { app: "web shop" } }], "Wanted label values of at most 63 letters, digits, -, _ or ."],
  [[{ matchExpressions: [{ key: "A/app", operator: "Exists" }] }], KEY],
  [[{ matchExpressions: [{ key: "app", operator: "In" }] }], "Wanted values for In and NotIn, and none for Exists and DoesNotExist"],
  [
    [{ matchExpressions: [{ key: "app", operator: "Exists", values: ["web"] }] }],
    "Wanted values for In and NotIn, and none for Exists and DoesNotExist",
  ],
  [
    [
      {
        matchExpressions: [
          { key: "app", operator: "Exists" },
          { key: "app", operator: "Exists" },
        ],
      },
    ],
    "Wanted each expression once",
  ],
  [[{ matchLabels: { app: "web" } }, { matchLabels: { app: "web" } }], "Wanted each selector once"],
];

testWith(resources, [apiServer], "the API server takes every definition", async () => {
  server = await startApiServer();
  await writeDefinitions(server.admin);
  for (const { metadata } of definitions) {
    await server.admin.until("apiextensions.k8s.io/v1/CustomResourceDefinition", metadata.name, "acceptance", ({ status }) => {
      const conditions: { type: string; status: string }[] = status.conditions;
      return ["NamesAccepted", "Established"].every((type) => conditions.some((one) => one.type === type && one.status === "True"));
    });
  }
});

testWith(resources, [apiServer], "what is right is accepted", async () => {
  for (const { spec } of definitions) {
    const examples = readExamples(`${spec.names.plural}/accepted.yaml`);
    for (const example of examples) {
      assert.equal(await refusalsOf(running().admin, example), [], `${example.kind} ${example.metadata.name}`);
    }
  }
});

testWith(resources, [apiServer], "what is wrong is refused, and told with what was wanted", async () => {
  for (const { spec } of definitions) {
    for (const example of readExamples(`${spec.names.plural}/refused.yaml`)) {
      const problems = await refusalsOf(running().admin, example);
      assert.equal(problems, example.metadata["annotations"].expected.split("\n").sort(), `${example.kind} ${example.metadata.name}`);
      note(spec.names.plural, problems);
    }
  }
});

testWith(resources, [apiServer], "wrong label selectors are refused wherever there are any", async () => {
  for (const { spec } of definitions) {
    const { plural, kind } = spec.names;
    for (const [selectors, expected] of selecting[plural] === undefined ? [] : wrongSelectors) {
      const apiVersion = `${spec.group}/${spec.versions[0].name}`;
      const object = { apiVersion, kind, metadata: { name: "wrong" }, spec: selecting[plural]?.(selectors) } as KubernetesObject;
      const problems = await refusalsOf(running().admin, object);
      assert.ok(problems.length === 1 && problems[0]?.endsWith(`: ${expected}`), `${plural}: ${problems}`);
      note(plural, problems);
    }
  }
});

/** Kind, field, its first and its second value; objects of the first three have no other way to be wrong. */
const fixed: readonly (readonly [
  plural: string,
  part: "spec" | "status",
  before: Record<string, unknown>,
  after: Record<string, unknown>,
])[] = [
  ["servicel2statuses", "status", { node: "a", serviceName: "web", serviceNamespace: "shop" }, { node: "b" }],
  ["servicebgpstatuses", "status", { node: "a", serviceName: "web", serviceNamespace: "shop" }, { serviceName: "b" }],
  [
    "bgpsessionstates",
    "status",
    { node: "a", peer: "router", state: "Idle", since: "2026-01-01T00:00:00Z", prefixes: 0 },
    { peer: "other" },
  ],
  [
    "bgppeers",
    "spec",
    { myASN: 64500, peerASN: 64501, peerAddress: "192.0.2.1", enableGracefulRestart: true },
    { enableGracefulRestart: false },
  ],
];

testWith(resources, [apiServer], "what never changes cannot be changed", async () => {
  const { admin } = running();
  for (const [plural, part, before, after] of fixed) {
    const { spec } = definitions.find((definition) => definition.spec.names.plural === plural) as KubernetesObject;
    const kind = `${spec.group}/${spec.versions[0].name}/${spec.names.kind}`;
    const object = { apiVersion: kind.replace(/\/[^/]*$/, ""), kind: spec.names.kind, metadata: { name: "fixed" }, [part]: before };
    await admin.apply(object as KubernetesObject);
    const options = part === "status" ? ({ subresource: "status" } as const) : {};
    await admin.patch(kind, "default/fixed", { [part]: before }, options);
    await admin.patch(kind, "default/fixed", { [part]: before }, options);
    const problems = await refusals(admin.patch(kind, "default/fixed", { [part]: after }, options));
    assert.is(problems.length, 1, plural);
    assert.match(problems[0] ?? "", new RegExp(`^${part}.${Object.keys(after)[0]}: Wanted the value that it had`));
    note(plural, problems);
  }
});

testWith(resources, [apiServer], "every rule has refused something", () => {
  for (const definition of definitions) {
    const { plural } = definition.spec.names;
    const rules = rulesOf(definition);
    const messages = rules.map(({ message }) => message);
    const unlike = messages.filter((message) => !/^Wanted .*[^.\n]$|or \.$/.test(message));
    assert.equal(unlike, [], `${plural}: say what was wanted`);
    const unseen = [...new Set(messages)].filter((message) => told.get(plural)?.has(message) !== true);
    assert.equal(unseen, [], `${plural}: no example in fixtures/custom-resources`);
  }
});

testWith(resources, [apiServer], "BGPPeer loses nothing between its versions", async () => {
  const { admin } = running();
  const spec = { myASN: 64500, dynamicASN: "external", interface: "eth1", holdTime: "90s", connectTime: "5s", vrf: "red" };
  await admin.apply({ apiVersion: "metallb.io/v1beta2", kind: "BGPPeer", metadata: { name: "new" }, spec });
  const older = (await admin.get("metallb.io/v1beta1/BGPPeer", "default/new")) as KubernetesObject;
  assert.equal(older.spec, { ...spec, peerPort: 179, disableMP: false, dualStackAddressFamily: false });
  const { managedFields: _, ...metadata } = older.metadata;
  await admin.request("PUT", await admin.path("metallb.io/v1beta1/BGPPeer", "default/new"), { ...older, metadata });
  assert.equal((await admin.get("metallb.io/v1beta2/BGPPeer", "default/new"))?.spec, older.spec);
});

testWith(resources, [apiServer], "as much as is allowed is within the server's budget", async () => {
  const addresses = Array.from({ length: 256 }, (_, at) => `192.0.${at}.1 - 192.0.${at}.200`);
  const selectors = Array.from({ length: 128 }, (_, at) => ({ matchLabels: { "kubernetes.io/hostname": `node-${at}` } }));
  const serviceAllocation = { namespaces: addresses.map((_, at) => `namespace-${at}`), namespaceSelectors: selectors };
  const apiVersion = "metallb.io/v1beta1";
  const metadata = { name: "large" };
  const pool = { apiVersion, kind: "IPAddressPool", metadata, spec: { addresses, serviceAllocation } };
  const values = Array.from({ length: 256 }, (_, at) => `node-${at}`);
  const nodes = [{ matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values }] }];
  const l2 = {
    apiVersion,
    kind: "L2Advertisement",
    metadata,
    spec: { ipAddressPools: values, nodeSelectors: nodes, serviceSelectors: selectors },
  };
  for (const object of [pool, l2]) assert.equal(await refusalsOf(running().admin, object), [], object.kind);
});

resources.after(() => server?.stop());
resources.run();
