import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { load, loadAll } from "js-yaml";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { controllerCommandFor } from "../../host/cli/controller.ts";
import { speakerCommandFor } from "../../host/cli/speaker.ts";
import type { KubernetesObject } from "../../host/workbench/api-server/test-client.ts";
import { asset, findAsset, testWith } from "../../host/workbench/testing/requirements.ts";
import { CHART, MANIFESTS, renderManifests, runHelm } from "../render.ts";

const chart = suite("chart");
const helm = [asset("helm")];
const VALUES = fileURLToPath(new URL("../../fixtures/chart-values/", import.meta.url));

/** What the chart gives with values of a file of `fixtures/chart-values`, or with those given here. */
function render(values: string | Readonly<Record<string, unknown>> = {}): KubernetesObject[] {
  const folder = mkdtempSync(join(tmpdir(), "herald-chart-"));
  try {
    const file = typeof values === "string" ? join(VALUES, values) : join(folder, "values.yaml");
    if (typeof values !== "string") writeFileSync(file, JSON.stringify(values));
    return loadAll(runHelm(findAsset("helm"), ["template", "herald", CHART, "--values", file])).filter(Boolean) as KubernetesObject[];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function find(objects: readonly KubernetesObject[], kind: string, part = ""): KubernetesObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name.includes(part));
  if (found === undefined) throw new Error(`The chart gives no ${kind} ${part}`);
  return found;
}

testWith(chart, helm, "helm lint finds nothing", () => {
  for (const file of readdirSync(VALUES)) runHelm(findAsset("helm"), ["lint", "--strict", CHART, "--values", join(VALUES, file)]);
});

testWith(chart, helm, "a speaker may send raw frames and nothing else", () => {
  const { spec } = find(render(), "DaemonSet").spec.template;
  assert.is(spec.hostNetwork, true);
  const [{ securityContext, args, volumeMounts }] = spec.containers;
  assert.equal(securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"], add: ["NET_RAW"] },
  });
  assert.is(args[0], "speaker");
  assert.ok(args.includes("--node-name=$(NODE_NAME)") && args.includes("--pod-name=$(POD_NAME)"), args);
  assert.equal(volumeMounts, [{ name: "run", mountPath: "/run/herald" }]);
  const [{ securityContext: listening }] = find(render({ speaker: { bgpListen: true } }), "DaemonSet").spec.template.spec.containers;
  assert.equal(listening.capabilities.add, ["NET_RAW", "NET_BIND_SERVICE"]);
});

testWith(chart, helm, "plugins of others are fetched before a speaker starts, or mounted, and only then it may change users", () => {
  const plugins = [{ package: "@acme/vrrp@1.2.0" }, { path: "/opt/herald" }, { url: "https://example.com/dns.ts" }];
  const { spec } = find(render({ plugins, pluginCache: { hostPath: "/var/cache/herald" } }), "DaemonSet").spec.template;
  const [{ command, securityContext, volumeMounts }] = spec.initContainers;
  assert.equal(command.slice(3), ["plugins", "@acme/vrrp@1.2.0", "https://example.com/dns.ts"]);
  assert.match(command[2], /^herald plugin install .* "\$@" \|\| true$/);
  assert.equal(securityContext.capabilities, { drop: ["ALL"] });
  const [speaker] = spec.containers;
  assert.equal(speaker.securityContext.capabilities.add, ["NET_RAW", "SETUID", "SETGID", "KILL"]);
  assert.ok(speaker.args.includes("--cache=/var/cache/herald/plugins"));
  assert.equal(speaker.volumeMounts.slice(1), [...volumeMounts, { name: "plugin-1", mountPath: "/opt/herald", readOnly: true }]);
  assert.equal(
    spec.volumes.slice(1).map(({ name, hostPath }: { name: string; hostPath: { path: string } }) => [name, hostPath.path]),
    [
      ["plugin-cache", "/var/cache/herald"],
      ["plugin-1", "/opt/herald"],
    ],
  );
  const { spec: mounted } = find(render({ plugins: [{ path: "/opt/herald" }] }), "DaemonSet").spec.template;
  assert.equal([mounted.initContainers, mounted.volumes.length], [undefined, 2], "nothing is to be fetched");
  assert.equal(mounted.containers[0].securityContext.capabilities.add, ["NET_RAW", "SETUID", "SETGID", "KILL"]);
});

testWith(chart, helm, "pods are found as MetalLB's are, and not taken for MetalLB's", () => {
  const objects = render();
  for (const [kind, name] of [
    ["Deployment", "controller"],
    ["DaemonSet", "speaker"],
  ] as const) {
    const { metadata, spec } = find(objects, kind).spec.template;
    assert.is(metadata.labels["app.kubernetes.io/component"], name);
    assert.is(metadata.labels.component, name);
    assert.is(metadata.labels["app.kubernetes.io/name"], "herald");
    assert.is(metadata.labels.app, undefined);
    const [container] = spec.containers;
    assert.is(container.name, name);
    assert.equal(container.ports, [
      { name: "metricshttps", containerPort: 9120 },
      { name: "health", containerPort: 17472 },
    ]);
    assert.is(spec.terminationGracePeriodSeconds, 15);
  }
});

testWith(chart, helm, "values of MetalLB's chart are taken, and levels of its log translated", () => {
  const objects = render("metallb.yaml");
  assert.ok(find(objects, "Deployment").spec.template.spec.containers[0].args.includes("--log-level=debug"));
  assert.ok(find(objects, "DaemonSet").spec.template.spec.containers[0].args.includes("--log-level=error"));
});

testWith(chart, helm, "values reach what they are for", () => {
  const objects = render("everything.yaml");
  const { spec } = find(objects, "DaemonSet").spec.template;
  const [{ image, args }] = spec.containers;
  assert.is(image, `herald@sha256:${"0123456789abcdef".repeat(4)}`);
  for (const flag of ["--lb-class=herald.dev/lan", "--takeover", "--ignore-exclude-lb", "--honor-cordon", "--port=9443"])
    assert.ok(args.includes(flag), flag);
  for (const flag of ["--tls-min-version=VersionTLS12", "--metrics-cert-dir=/etc/metrics-certificate"])
    assert.ok(args.includes(flag), flag);
  assert.equal(spec.volumes.at(-1), { name: "metrics-certificate", secret: { secretName: "speaker-tls" } });
  assert.is(find(objects, "Deployment").spec.template.spec.volumes, undefined);
  assert.is(spec.priorityClassName, find(objects, "PriorityClass").metadata.name);
  assert.equal(spec.securityContext, {
    appArmorProfile: { type: "RuntimeDefault" },
    runAsUser: 0,
    seccompProfile: { type: "RuntimeDefault" },
  });
  const rules: { alert: string }[] = find(objects, "PrometheusRule").spec.groups[0].rules;
  assert.equal(
    rules.map(({ alert }) => alert),
    [
      ...["MetalLBStaleConfig", "MetalLBConfigNotLoaded", "MetalLBAddressPoolExhausted", "MetalLBAddressPoolUsage75Percent"],
      ...["MetalLBAddressPoolUsage85Percent", "MetalLBAddressPoolUsage95Percent", "MetalLBBGPSessionDown", "NoLeader"],
    ],
  );
  assert.is(find(objects, "PodDisruptionBudget").spec.minAvailable, 1);
  assert.not(render({ controller: { replicas: 1 } }).some(({ kind }) => kind === "PodDisruptionBudget"));
});

testWith(chart, helm, "every flag is one that the role has", () => {
  const helps = { Deployment: controllerCommandFor("").help, DaemonSet: speakerCommandFor({ builtIns: [], optional: [] }, "").help };
  for (const [kind, help] of Object.entries(helps)) {
    const args: string[] = find(render("everything.yaml"), kind).spec.template.spec.containers[0].args;
    const flags = args.slice(1).map((arg) => arg.replace(/=.*/, ""));
    assert.ok(flags.length > 7, flags.join());
    for (const flag of flags) assert.match(help, new RegExp(`^ +${flag}( |$)`, "m"), kind);
  }
});

testWith(chart, helm, "definitions are part of the release, stay when it goes, and can be left out", () => {
  const definitions = render().filter(({ kind }) => kind === "CustomResourceDefinition");
  assert.is(definitions.length, 13);
  for (const { metadata } of definitions) assert.is(metadata["annotations"]["helm.sh/resource-policy"], "keep", metadata.name);
  assert.not(render({ crds: { enabled: false } }).some(({ kind }) => kind === "CustomResourceDefinition"));
});

/** Values, and what is said about them. */
const refused: readonly (readonly [values: Readonly<Record<string, unknown>>, expected: RegExp])[] = [
  [{ speaker: { logLevel: "loud" } }, /\/speaker\/logLevel.*'all', 'debug', 'info'/],
  [{ speaker: { loglevel: "info" } }, /loglevel/],
  [{ speakers: {} }, /speakers/],
  [{ prometheus: { metricsPort: 70_000 } }, /\/prometheus\/metricsPort/],
  [{ loadBalancerClass: "a b" }, /\/loadBalancerClass/],
  [{ image: { digest: "latest" } }, /\/image\/digest/],
  [{ controller: { webhookMode: "onlywebhook" } }, /Cannot use controller.webhookMode "onlywebhook": Herald has no webhook/],
  [{ frrk8s: { external: true } }, /Cannot use frrk8s.external true: Herald holds the BGP sessions itself/],
  [{ speaker: { excludeInterfaces: { enabled: false } } }, /Cannot use speaker.excludeInterfaces.enabled false: .* apply a Plugin arp/],
  [{ tls: { minVersion: "VersionTLS11" } }, /\/tls\/minVersion/],
  [{ plugins: [{ package: "vrrp@latest" }] }, /\/plugins\/0\/package/],
  [{ plugins: [{ path: "/a", url: "https://example.com/b.ts" }] }, /\/plugins\/0/],
  [
    { prometheus: { rbacPrometheus: false, podMonitor: { enabled: true }, serviceMonitor: { enabled: true } } },
    /Cannot use prometheus.podMonitor and prometheus.serviceMonitor together/,
  ],
  [{ prometheus: { podMonitor: { enabled: true } } }, /set prometheus.serviceAccount and prometheus.namespace/],
];

testWith(chart, helm, "wrong values are refused, and told", () => {
  for (const [values, expected] of refused) assert.throws(() => render(values), expected, JSON.stringify(values));
});

testWith(chart, helm, "manifests/herald.yaml is what the chart gives", () => {
  assert.is(readFileSync(MANIFESTS, "utf8"), renderManifests(findAsset("helm")), "run: node build.mjs manifests");
});

chart("its version is the program's", () => {
  const { version, appVersion } = load(readFileSync(join(CHART, "Chart.yaml"), "utf8")) as Record<string, string>;
  const program = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
  assert.equal([version, appVersion], [program.version, program.version]);
});

chart.run();
