/** On which links of a node addresses are answered. */

import type { Scene } from "./differences.ts";
import { listOf, rawOf, textOf } from "./objects.ts";
import type { Difference } from "./report.ts";

/** MetalLB's own list, as its manifests have it. */
const METALLB_EXCLUDE = "docker cbr dummy virbr lxcbr veth cali tunl flannel kube-ipvs cni nodelocaldns lxc"
  .split(" ")
  .map((name) => `^${name}.*`);
const KNOWN: ReadonlySet<string> = new Set([...METALLB_EXCLUDE, "^lo$"]);

export function linkDifferences(scene: Scene): readonly Difference[] {
  const exclude = defaultExclude(scene);
  return [...excludedLinks(scene, exclude), ...namedLinks(scene, exclude), ...unnamedLinks(scene, exclude)];
}

/** What the announcers of layer 2 pass over by default. */
function defaultExclude({ plugins }: Scene): readonly string[] {
  const lists = plugins.map(({ config }) => rawOf(rawOf(config["properties"])["exclude"])["default"]);
  return [...new Set(lists.flatMap(listOf).map(textOf))];
}

/** The ConfigMap metallb-excludel2. */
function excludedLinks({ objects, installation: { namespace } }: Scene, exclude: readonly string[]): Difference[] {
  const map = objects.get("ConfigMap", namespace, "metallb-excludel2");
  const text = textOf(rawOf(map?.whole["data"])["excludel2.yaml"]);
  const patterns = [...text.matchAll(/^\s*-\s*["']?(.+?)["']?\s*$/gm)].map(([, pattern = ""]) => pattern);
  const own = patterns.filter((pattern) => !KNOWN.has(pattern));
  const missing = [...KNOWN].filter((pattern) => !patterns.includes(pattern));
  if (map === undefined || (own.length === 0 && missing.length === 0)) return [];
  const wildcards = own.map(wildcardOf);
  const kept = exclude.filter((pattern) => !missing.map(wildcardOf).includes(pattern));
  const list = [...kept, ...wildcards.filter((pattern) => pattern !== undefined)];
  const odd = own.filter((_, at) => wildcards[at] === undefined);
  const byHand = odd.length === 0 ? "" : ` Write by hand what is no wildcard: ${odd.join(", ")}.`;
  return [
    {
      ...{ level: "differs", about: "Links that are not announced on", objects: [`ConfigMap ${namespace}/metallb-excludel2`] },
      metallb: "reads a list of its own there",
      herald: "does not read that ConfigMap; its list is in the config of each plugin",
      advice: `Apply a Plugin "arp", and another "ndp" (herald.dev/v1alpha1), with spec.config.exclude: ${JSON.stringify(list)}.${byHand}`,
    },
  ];
}

/** `^eth1.*` → `eth1*`; undefined where it says more than a wildcard can. */
function wildcardOf(pattern: string): string | undefined {
  const [, name, end] = /^\^([\w.-]+?)(\.\*|\$)$/.exec(pattern) ?? [];
  return name === undefined ? undefined : `${name}${end === "$" ? "" : "*"}`;
}

/** Named in an advertisement, and passed over nevertheless. */
function namedLinks({ world }: Scene, exclude: readonly string[]): Difference[] {
  const passedOver = (name: string) =>
    exclude.some((pattern) => (pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern));
  const isByMetalLb = (name: string) => METALLB_EXCLUDE.some((pattern) => new RegExp(pattern).test(name)) || name === "lo";
  return world.before.advertisements
    .map(({ kind, name, interfaces }) => ({
      object: `${kind} ${name}`,
      links: interfaces.filter((link) => passedOver(link) && !isByMetalLb(link)),
    }))
    .filter(({ links }) => links.length > 0)
    .map(({ object, links }) => ({
      ...{ level: "blocks", about: "A link that Herald passes over", objects: [object] },
      metallb: `announces on ${links.join(", ")}`,
      herald: `passes over ${links.join(", ")} by default, as links of container networks have such names`,
      advice: `Apply a Plugin "arp", and another "ndp" (herald.dev/v1alpha1), with a spec.config.exclude that leaves ${links.join(", ")} in.`,
    }));
}

function unnamedLinks({ world }: Scene, exclude: readonly string[]): Difference[] {
  const more = exclude.filter((pattern) => !KNOWN.has(`^${pattern.replace(/\*$/, ".*")}`) && !KNOWN.has(`^${pattern}$`));
  const open = world.before.advertisements.filter(({ kind, interfaces }) => kind === "L2Advertisement" && interfaces.length === 0);
  if (open.length === 0 || more.length === 0) return [];
  return [
    {
      ...{ level: "differs", about: "Advertisements for all links", objects: open.map(({ kind, name }) => `${kind} ${name}`) },
      metallb: "announces on every link that its list does not name",
      herald: `also passes over ${more.join(", ")}`,
      advice:
        'Only where addresses are to be answered on such a link: apply a Plugin "arp", and another "ndp", with a spec.config.exclude that leaves it in.',
    },
  ];
}
