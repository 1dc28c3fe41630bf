/** Where one BGP engine does otherwise than the one of MetalLB's three that is installed. */

import type { Scene } from "./differences.ts";
import type { BgpMode } from "./installation.ts";
import { type RawObject, rawOf, textOf } from "./objects.ts";
import type { Difference } from "./report.ts";

/** One row: which peers it is about, in which modes, and what is said of them. */
interface PeerRule extends Omit<Difference, "objects"> {
  /** Absent: in all of them. */
  readonly modes?: readonly BgpMode[];
  isAbout(spec: RawObject["spec"]): boolean;
}

const isSet = (value: unknown) => value !== undefined && value !== null && value !== "" && value !== false;
const isZero = (value: unknown) => typeof value === "string" && /^0+(ms|s|m|h)?$/.test(value);
const isInternal = ({ myASN, peerASN, dynamicASN }: RawObject["spec"]) =>
  dynamicASN === "internal" || (isSet(peerASN) && peerASN === myASN);

const PEER_RULES: readonly PeerRule[] = [
  {
    ...{ level: "differs", about: "sourceAddress and localASN", modes: ["frr-k8s"] },
    isAbout: ({ sourceAddress, localASN }) => isSet(sourceAddress) || isSet(localASN),
    metallb: "takes them and passes neither on to FRR, so they have no effect",
    herald: "does what they say: it connects from that address, and tells the peer that AS number",
    advice: "Take them out where the router does not expect that.",
  },
  {
    ...{ level: "differs", about: "A hold time of 0s" },
    isAbout: ({ holdTime }) => isZero(holdTime),
    metallb: "keeps the session without a hold timer; it also stores 0s where a BGPPeer of v1beta1 said nothing",
    herald: "does the same: a router that has died is noticed by BFD or by TCP only",
    advice: "Where nobody meant that, take holdTime and keepaliveTime out.",
  },
  {
    ...{ level: "differs", about: "Hold time", modes: ["native"] },
    isAbout: ({ holdTime }) => !isSet(holdTime),
    metallb: "offers 90 s, and never notices by it that the router is gone",
    herald: "offers 180 s, as FRR does, and ends a session on which nothing comes for as long",
    advice: "Set holdTime: 90s to keep the number.",
  },
  {
    ...{ level: "differs", about: "Routers more than one hop away", modes: ["native"] },
    isAbout: (spec) => !isInternal(spec) && !isSet(spec["ebgpMultiHop"]),
    metallb: "ignores ebgpMultiHop, and reaches a router at any distance",
    herald: "sends with TTL 1 to a router of another AS",
    advice: "Set ebgpMultiHop: true for a router that is on no network of the nodes.",
  },
  {
    ...{ level: "note", about: "disableMP" },
    isAbout: ({ disableMP }) => isSet(disableMP),
    metallb: "ignores it, but checks nothing else of such an object when it is created",
    herald: "ignores it, and checks the rest",
  },
  {
    ...{ level: "note", about: "BFD", modes: ["frr", "frr-k8s"] },
    isAbout: ({ bfdProfile }) => isSet(bfdProfile),
    metallb: "has FRR's bfdd do it",
    herald: "does it itself, on the same UDP ports, so not while bfdd runs on the node",
  },
];

export function bgpDifferences(scene: Scene): readonly Difference[] {
  const { objects, installation } = scene;
  const peers = objects.all("BGPPeer").filter(({ namespace }) => namespace === installation.namespace || namespace === "");
  const mode = peers.length > 0 ? installation.mode : undefined;
  const byRule = PEER_RULES.flatMap(({ modes, isAbout, ...difference }) => {
    const about = peers.filter(({ spec }) => isAbout(spec));
    const applies = about.length > 0 && (modes === undefined || mode === undefined || modes.includes(mode));
    const prefix = modes !== undefined && mode === undefined ? `in ${modes.join(" or ")} mode ` : "";
    return applies ? [{ ...difference, metallb: prefix + difference.metallb, objects: about.map(nameOf) }] : [];
  });
  return [...byRule, ...localPreference(scene, peers, mode), ...secrets(scene, peers), ...echo(scene), ...frrConfigurations(scene)];
}

function localPreference({ objects }: Scene, peers: readonly RawObject[], mode: BgpMode | undefined): Difference[] {
  const zero = objects.all("BGPAdvertisement").filter(({ spec }) => !isSet(spec["localPref"]) || spec["localPref"] === 0);
  if (!peers.some(({ spec }) => isInternal(spec)) || zero.length === 0 || (mode !== undefined && mode !== "native")) return [];
  return [
    {
      ...{ level: "differs", about: "Local preference towards routers of the own AS", objects: zero.map(nameOf) },
      metallb: `${mode === undefined ? "in native mode " : ""}sends 0 where none is set, the worst there is`,
      herald: "sends 100, as MetalLB's FRR modes do: routers may prefer these routes to others where they did not",
      advice: "Set localPref on the advertisements where other routes for the same addresses exist.",
    },
  ];
}

function secrets({ objects, installation: { namespace } }: Scene, peers: readonly RawObject[]): Difference[] {
  const naming = peers.filter(({ spec }) => isSet(rawOf(spec["passwordSecret"])["name"]));
  if (naming.length === 0) return [];
  const missing = naming.filter(
    ({ spec }) => objects.get("Secret", namespace, textOf(rawOf(spec["passwordSecret"])["name"])) === undefined,
  );
  return [
    {
      ...{ level: "note", about: "Passwords in Secrets", objects: naming.map(nameOf) },
      metallb: `reads them from ${namespace}`,
      herald: `reads them from its own namespace, so it has to be installed into ${namespace}, too`,
      ...(missing.length === 0 ? {} : { advice: `Not among what was read: the Secret of ${missing.map(nameOf).join(", ")}.` }),
    },
  ];
}

function echo({ objects }: Scene): Difference[] {
  const profiles = objects.all("BFDProfile").filter(({ spec }) => spec["echoMode"] === true);
  if (profiles.length === 0) return [];
  return [
    {
      ...{ level: "differs", about: "BFD's echo function", objects: profiles.map(nameOf) },
      metallb: "has FRR send echo packets and return those of the router",
      herald: "sends echo packets over one hop of IPv4, and goes on without and says why where none comes back",
    },
  ];
}

/** What was told to FRR beside MetalLB's resources. */
function frrConfigurations({ objects, installation: { namespace } }: Scene): Difference[] {
  const extras = objects.get("ConfigMap", namespace, "bgpextras");
  const own = objects.all("FRRConfiguration").filter(({ name }) => !name.startsWith("metallb-"));
  const found = [...(extras === undefined ? [] : [extras]), ...own];
  if (found.length === 0) return [];
  return [
    {
      ...{
        level: "blocks",
        about: "Configuration of FRR itself",
        objects: found.map(({ kind, namespace: where, name }) => `${kind} ${where}/${name}`),
      },
      metallb: "hands it to FRR",
      herald: "has no FRR: what is in there has no effect",
      advice: "See what each line does, and put it into BGPPeers, BGPAdvertisements and their annotations, or into the routers.",
    },
  ];
}

function nameOf({ kind, name }: RawObject): string {
  return `${kind} ${name}`;
}
