/** The settings of `herald bench footprint`: each a speaker with a little more to do than the one before. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { API_GROUP } from "../../../announcer.ts";
import { addresses, bgpObjects, LINK, NODE, PEERS, SPEAKER } from "./segment.ts";

/** As flags name them. */
export const settingNames = ["layer2", "bgp", "plugin", "bfd-1", "bfd-2"] as const;

export interface Setting {
  readonly flag: (typeof settingNames)[number];
  readonly name: string;
  readonly hasBgp: boolean;
  readonly hasPlugin: boolean;
  /** Speakers on other nodes: this one has a BFD session with each. */
  readonly peers: number;
}

export const LAYER2 = "arp, ndp";
export const BGP = "arp, ndp, bgp";
const plain = { hasBgp: true, hasPlugin: false, peers: 0 };

export const settings: readonly Setting[] = [
  { ...plain, flag: "layer2", name: LAYER2, hasBgp: false },
  { ...plain, flag: "bgp", name: BGP },
  { ...plain, flag: "plugin", name: `${BGP}, a third-party plugin`, hasPlugin: true },
  { ...plain, flag: "bfd-1", name: `${BGP}, 1 BFD session`, peers: 1 },
  { ...plain, flag: "bfd-2", name: `${BGP}, 2 BFD sessions`, peers: 2 },
];

/** As many as a home has. */
const SERVICES = 3;
const ETHERTYPE = "0x88b5";
/** What `--plugin` is to be granted. */
export const pluginGrant = `--allow-frame=${LINK}/${ETHERTYPE}`;

/** One that listens and waits, as most do. EtherType 0x88b5 is left to experiments by IEEE 802. */
const PLUGIN = `
import { definePlugin } from "herald";

export default definePlugin({
  name: "waiting", api: 1, from: "owner", serves: { kind: "waiting", families: [4, 6] },
  config: { type: "object", additionalProperties: false }, example: {},
  permissions: () => [{ kind: "frame", link: "${LINK}", etherType: ${ETHERTYPE} }],
  async start(context) {
    const socket = await context.frames.open({ link: "${LINK}", etherType: ${ETHERTYPE} });
    socket.onFrame(() => {});
    return { async apply() { return []; }, async stop() { socket.close(); } };
  },
});
`;

/** Writes manifests and plugin into the directory; gives the places. */
export function writeSetting(directory: string, { hasBgp, hasPlugin, peers }: Setting): { manifests: string; plugin: string } {
  const manifests = join(directory, "manifests");
  mkdirSync(manifests, { recursive: true });
  const advertisement = { apiVersion: `${API_GROUP}/v1alpha1`, kind: "Advertisement", metadata: { name: "waiting" } };
  const objects = [
    {
      ...{ apiVersion: "metallb.io/v1beta1", kind: "IPAddressPool", metadata: { name: "bench" } },
      spec: { addresses: ["10.64.0.0/24", "2001:db8:64::/120"] },
    },
    { apiVersion: "metallb.io/v1beta1", kind: "L2Advertisement", metadata: { name: "bench" } },
    ...(hasBgp ? bgpObjects : []),
    ...(hasPlugin ? [{ ...advertisement, spec: { plugin: "waiting" } }] : []),
    ...(peers > 0 ? [node(NODE, addresses[SPEAKER]), ...PEERS.slice(0, peers).map((name) => node(name, addresses[name]))] : []),
    ...Array.from({ length: SERVICES }, (_, at) => ({
      ...{ apiVersion: "v1", kind: "Service", metadata: { name: `service-${at}` } },
      spec: { type: "LoadBalancer", ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv4", "IPv6"], ports: [{ port: 80 }] },
    })),
  ];
  writeFileSync(join(manifests, "bench.yaml"), objects.map((object) => `${JSON.stringify(object)}\n`).join("---\n"));
  const plugin = join(directory, "waiting.ts");
  if (hasPlugin) writeFileSync(plugin, PLUGIN);
  return { manifests, plugin };
}

const node = (name: string, address: string) => ({
  ...{ apiVersion: "v1", kind: "Node", metadata: { name } },
  status: { addresses: [{ type: "InternalIP", address }] },
});
