import { suite } from "uvu";
import * as assert from "uvu/assert";
import { API_GROUP, definePlugin, type PluginDefinition } from "../../announcer.ts";
import { problemText } from "../../observe/problem-text.ts";
import { announceFrom, planAll } from "../../rules/merge-claims.ts";
import { indexPlan } from "../../rules/plan.ts";
import { announcerFact } from "../../sandbox/start-plugin.ts";
import { nodeFact, poolFact, serviceFact } from "../../workbench/testing/facts.ts";
import { ClusterObjects } from "../cluster-objects.ts";
import { ManifestSet } from "../manifests/manifest-set.ts";
import { Store } from "../store.ts";
import { Translated } from "../translated.ts";
import { type OtherPlugins, translatorsOf, WANTED_PLUGINS, type WantedByResources } from "./translators.ts";

const translators = suite("translators of plugins");

const plain = {
  api: 1,
  from: "owner",
  permissions: () => [],
  start: () => Promise.reject(new Error("Not started here")),
  example: {},
} satisfies Partial<PluginDefinition>;
const arp = definePlugin<unknown>({
  ...plain,
  name: "arp",
  serves: { kind: "L2Advertisement", families: [4] },
  config: {
    type: "object",
    additionalProperties: false,
    properties: { interfaces: { type: "array", items: { type: "string" } }, exclude: { type: "array", items: { type: "string" } } },
  },
});
const vrrp = definePlugin<unknown>({
  ...plain,
  name: "vrrp",
  serves: { kind: "VrrpAdvertisement", families: [4, 6] },
  config: { type: "object" },
  attributes: {
    type: "object",
    additionalProperties: false,
    properties: { routerId: { type: "integer", minimum: 1, maximum: 255 } },
    required: ["routerId"],
  },
});
const bgp = definePlugin<unknown>({
  ...plain,
  name: "bgp",
  serves: { kind: "BGPAdvertisement", families: [4, 6] },
  config: { type: "object" },
  translation: { read: {}, translate: ({ before }) => ({ config: { peers: before.length }, advertisements: [], problems: [] }) },
});

function open(plugins: readonly PluginDefinition[] = [arp, vrrp, bgp], flags?: (plugin: string) => unknown, others?: OtherPlugins) {
  const store = new Store();
  const translated = new Translated(store, translatorsOf(plugins, flags, others), "a");
  const objects = new ClusterObjects(translated, translated);
  const manifests = new ManifestSet(objects, translated.readers);
  const put = (text: string | undefined, file = "a.yaml") => {
    manifests.put(file, text);
    objects.commit();
  };
  const advertised = () => store.snapshot().advertisements.map(({ kind, name }) => `${kind} ${name}`);
  const problems = () => manifests.problems((name) => name).map(({ file: _, line: __, ...problem }) => problemText(problem));
  const setOthers = (next: OtherPlugins) => {
    translated.setTranslators(translatorsOf(plugins, flags, next));
    objects.commit();
  };
  return { store, translated, put, advertised, problems, setOthers };
}

const object = (kind: string, name: string, spec: string) =>
  `---\n{apiVersion: ${API_GROUP}/v1alpha1, kind: ${kind}, metadata: {name: ${name}}, spec: ${spec}}\n`;
const advertisement = (name: string, spec: string) => object("Advertisement", name, spec);
const PIN = `sha256-${"A".repeat(43)}=`;

translators("an Advertisement that names arp announces by ARP, without any L2Advertisement", () => {
  const { store, put, advertised, problems } = open();
  put(advertisement("web", "{plugin: arp, ipAddressPools: [home], interfaces: [eth0]}"));
  assert.equal(advertised(), [`L2Advertisement ${API_GROUP}/web`]);
  store.replace("pools", "home", poolFact("home", ["192.0.2.0/24"]));
  store.replace("nodes", "a", nodeFact("a"));
  store.replace("services", "default/web", serviceFact("web", { ingress: ["192.0.2.1"] }));
  store.replace("endpoints", "default/web", [{ nodeName: "a", servable: true }]);
  const snapshot = store.snapshot();
  const { claims } = planAll(
    indexPlan(snapshot, [announcerFact(arp)], (_, nodes) => nodes.map(({ name }) => name)),
    snapshot,
  );
  assert.equal(
    claims.map((claim) => [claim.vip, claim.via, announceFrom(claim, "a")?.links]),
    [["192.0.2.1", "arp", ["eth0"]]],
  );
  assert.equal(problems(), []);
});

translators("an Advertisement and an L2Advertisement of one name are two", () => {
  const { put, advertised } = open();
  put(`${advertisement("web", "{plugin: arp}")}---\n{apiVersion: metallb.io/v1beta1, kind: L2Advertisement, metadata: {name: web}}`);
  assert.equal(advertised(), [`L2Advertisement ${API_GROUP}/web`, "L2Advertisement web"]);
});

translators("a plugin with a kind of its own gets its attributes, and its config from the Advertisement", () => {
  const { store, translated, put, problems } = open();
  put(advertisement("web", "{plugin: vrrp, attributes: {routerId: 7}, config: {priority: 3}}"));
  const [fact] = store.snapshot().advertisements;
  assert.equal([fact?.kind, fact?.attributes], ["VrrpAdvertisement", { routerId: 7 }]);
  assert.equal(translated.config("vrrp"), { priority: 3 });
  assert.equal(problems(), []);
});

translators("a bad Advertisement is told by path, and the last good one stays", () => {
  const { store, put, problems } = open();
  put(advertisement("web", "{plugin: vrrp, attributes: {routerId: 7}}"));
  put(advertisement("web", "{plugin: vrrp, attributes: {routerId: 700, color: red}, nodeSelectors: 3, config: []}"));
  assert.equal(problems(), [
    "Advertisement web spec.config: found a list of 0, expected an object",
    "Advertisement web spec.nodeSelectors: found 3, expected a list",
    "Advertisement web spec.attributes.routerId: found 700, expected maximum 255",
    'Advertisement web spec.attributes.color: found "red", expected nothing of this name',
  ]);
  assert.equal(store.snapshot().advertisements[0]?.attributes, { routerId: 7 });
  put(advertisement("web", "{}"));
  assert.equal(problems(), ["Advertisement web spec.plugin: found nothing, expected the name of a plugin"]);
  put(undefined);
  assert.equal([problems(), store.snapshot().advertisements], [[], []]);
});

translators("a plugin that nobody knows is told with the ones that there are", () => {
  const { put, advertised, problems } = open([arp, bgp]);
  put(advertisement("web", "{plugin: vrrp, attributes: {routerId: 7}}"));
  assert.equal(problems(), ['Advertisement web spec.plugin: found "vrrp", which is not there, expected one of arp, bgp']);
  assert.equal(advertised(), []);
});

translators("the Plugin of a built-in configures it, beside flags, which win", () => {
  const { translated, put, problems } = open([arp], () => ({ interfaces: ["eth1"] }));
  const told: string[] = [];
  translated.onConfig((plugin) => plugin !== WANTED_PLUGINS && told.push(plugin));
  put(object("Plugin", "arp", "{config: {interfaces: [eth0], exclude: [wg*]}}"));
  assert.equal(translated.config("arp"), { interfaces: ["eth1"], exclude: ["wg*"] });
  put(object("Plugin", "arp", "{config: {exclude: 1}}"));
  assert.equal(problems(), ["Plugin arp spec.config.exclude: found 1, expected a list"]);
  assert.equal(translated.config("arp"), { interfaces: ["eth1"], exclude: ["wg*"] });
  put(undefined);
  assert.equal(translated.config("arp"), { interfaces: ["eth1"] });
  assert.equal(told, ["arp", "arp"]);
});

translators("a plugin has one config: of several, the Plugin's, then the first by name", () => {
  const { translated, put, problems, advertised } = open();
  put(advertisement("b", "{plugin: vrrp, attributes: {routerId: 1}, config: {x: 1}}"));
  put(advertisement("c", "{plugin: vrrp, attributes: {routerId: 1}, config: {x: 1}}"), "c.yaml");
  assert.equal([translated.config("vrrp"), problems()], [{ x: 1 }, []]);
  put(object("Plugin", "vrrp", "{config: {x: 2}}"), "p.yaml");
  const expected = "found another config, expected none, or that of Plugin vrrp: a plugin has one config";
  assert.equal(
    [translated.config("vrrp"), problems()],
    [{ x: 2 }, [`Advertisement b spec.config: ${expected}`, `Advertisement c spec.config: ${expected}`]],
  );
  assert.equal(advertised().length, 2, "as they were last good");
});

translators("a plugin with resources of its own takes no config from ours, and sees none of our advertisements", () => {
  const { translated, put, problems, advertised } = open();
  put(advertisement("r", "{plugin: bgp}"));
  put(advertisement("r", "{plugin: bgp}") + object("Plugin", "bgp", "{config: {peers: []}}"));
  assert.equal(problems(), ["Plugin bgp spec.config: found an object, expected no config: resources of its own configure plugin bgp"]);
  assert.equal([translated.config("bgp"), advertised()], [{ peers: 0 }, [`BGPAdvertisement ${API_GROUP}/r`]]);
});

translators("a good Plugin of another's is said to be not loaded where only Herald's own are", () => {
  const { put, problems } = open([arp]);
  const grants = "[{kind: frame, link: eth0, etherType: 2048, ipProtocol: 112, sourceMac: '00:00:5e:00:01:*'}, {kind: udp, host: '*:53'}]";
  put(object("Plugin", "vrrp", `{source: {package: "@acme/vrrp@1.2.0"}, pin: ${PIN}, grants: ${grants}, config: {x: 1}}`));
  assert.equal(problems(), [
    'Plugin vrrp spec.source: found package "@acme/vrrp@1.2.0", expected one of the plugins arp; others are not loaded here',
  ]);
});

translators("a plugin of another's is judged by what is loaded now, and not complained of while it is being loaded", () => {
  const { translated, put, problems, advertised, setOthers } = open([arp], undefined, { loaded: [], troubles: new Map() });
  const source = `source: {path: /opt/vrrp}, pin: ${PIN}`;
  put(object("Plugin", "vrrp", `{${source}, config: {x: 1}}`) + advertisement("web", "{plugin: vrrp, attributes: {routerId: 700}}"));
  const wanted = translated.config(WANTED_PLUGINS) as WantedByResources;
  assert.equal([wanted.plugins.map(({ name }) => name), wanted.advertised, problems(), advertised()], [["vrrp"], ["vrrp"], [], []]);
  setOthers({ loaded: [], troubles: new Map([["vrrp", "no such file"]]) });
  const trouble = 'Plugin vrrp spec.source: found path "/opt/vrrp", expected a plugin that runs: no such file';
  assert.equal(problems(), [trouble]);
  setOthers({ loaded: [vrrp], troubles: new Map() });
  assert.equal(problems(), ["Advertisement web spec.attributes.routerId: found 700, expected maximum 255"]);
  assert.equal([translated.config("vrrp"), advertised()], [{ x: 1 }, []]);
  setOthers({ loaded: [{ ...vrrp, attributes: { type: "object" }, config: { type: "object", maxProperties: 0 } }], troubles: new Map() });
  assert.equal(advertised(), [`VrrpAdvertisement ${API_GROUP}/web`], "with another schema it is fine, without having been touched");
  assert.match(problems().join(), /^Plugin vrrp spec.config: /);
  setOthers({ loaded: [], troubles: new Map() });
  assert.equal([problems(), advertised(), translated.config("vrrp")], [[], [], undefined]);
});

translators("a Plugin without a source configures one that a flag names, if there is one", () => {
  const { translated, put, problems, setOthers } = open([arp], undefined, { loaded: [], troubles: new Map(), mayBeMore: true });
  put(object("Plugin", "vrrp", "{config: {x: 1}}") + advertisement("web", "{plugin: vrrp, attributes: {routerId: 7}}"));
  assert.equal(problems(), []);
  setOthers({ loaded: [vrrp], troubles: new Map() });
  assert.equal([problems(), translated.config("vrrp")], [[], { x: 1 }]);
  setOthers({ loaded: [], troubles: new Map() });
  assert.equal(problems(), ["Plugin vrrp spec.source: found nothing, expected a source, or one of arp"]);
});

translators("a grant that would be none is told, though each field is right", () => {
  const { put, problems } = open([arp]);
  const grants =
    "[{kind: liveness, host: '192.0.2.1:3784'}, {kind: frame, link: eth0, etherType: 2054, ipProtocol: 1}, {kind: frame, link: eth0, etherType: 33024}, {kind: frame, link: eth0, etherType: 2054, ipProtocol: ~, sourceMac: ~}]";
  put(object("Plugin", "vrrp", `{source: {path: /a.ts}, pin: "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", grants: ${grants}}`));
  assert.equal(
    problems().map((problem) => problem.replace(/, expected .*/, "")),
    [
      'Plugin vrrp spec.grants[0]: found "192.0.2.1:3784"',
      'Plugin vrrp spec.grants[1]: found "eth0/0x0806/1"',
      'Plugin vrrp spec.grants[2]: found "eth0/0x8100"',
    ],
  );
});

translators("each wrong field of a Plugin is told by path", () => {
  const { put, problems } = open([arp]);
  const grants =
    "[{kind: net, host: example.com}, {kind: frame, link: eth0, etherType: 70000, ipProtocl: 112}, {kind: run}, 7, {kind: fetch, origin: 'https://example.com/a'}, {kind: service}]";
  put(object("Plugin", "vrrp", `{source: {path: a.ts, url: "https://example.com"}, pin: sha256-x, grants: ${grants}}`));
  assert.equal(problems(), [
    'Plugin vrrp spec.grants[0].host: found "example.com", expected an address, a CIDR or *, and a port or *, such as 192.0.2.1:179',
    "Plugin vrrp spec.grants[1].etherType: found 70000, expected a whole number from 0 to 65535",
    "Plugin vrrp spec.grants[1].ipProtocl: found 112, expected nothing of this name for frame",
    'Plugin vrrp spec.grants[2].kind: found "run", expected one of frame, net, listen, udp, liveness, fetch, service, secret, sys',
    "Plugin vrrp spec.grants[3]: found 7, expected an object",
    'Plugin vrrp spec.grants[4].origin: found "https://example.com/a", expected an origin, such as https://api.example.com or https://*.example.com',
    "Plugin vrrp spec.grants[5].annotation: found nothing, expected a text of 1 to 317 characters",
    'Plugin vrrp spec.pin: found "sha256-x", expected sha256- and 32 bytes in base64',
    'Plugin vrrp spec.source: found "path and url", expected one of path, package, url',
  ]);
  for (const [source, expected] of [
    ["{path: a.ts}", 'path: found "a.ts", expected an absolute path'],
    ["{package: vrrp@^1}", 'package: found "vrrp@^1", expected a package with its exact version, such as @acme/vrrp@1.2.0'],
    [
      '{url: "https://me:secret@example.com"}',
      'url: found "https://me:secret@example.com", expected an https URL without a password in it',
    ],
  ] as const) {
    put(object("Plugin", "vrrp", `{source: ${source}, pin: ${PIN}}`));
    assert.equal(problems(), [`Plugin vrrp spec.source.${expected}`]);
  }
  put(object("Plugin", "arp", `{source: {path: /a.ts}, pin: ${PIN}, grants: [{kind: sys, fact: hostname}]}`));
  assert.equal(problems().length, 3);
});

translators.run();
