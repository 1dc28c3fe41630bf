import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Link } from "../announcer.ts";
import { DEFAULT_EXCLUDE, whyNot } from "./segment-links.ts";

const links = suite("links of segments");

const ethernet: Link = {
  id: 0,
  name: "eth0",
  mac: "02:00:00:00:00:00",
  up: true,
  mtu: 1500,
  broadcast: true,
  noArp: false,
  loopback: false,
  addresses: [],
};
const byDefault = { interfaces: [], exclude: DEFAULT_EXCLUDE };

interface Case {
  readonly link: Partial<Link>;
  readonly interfaces?: readonly string[];
  readonly exclude?: readonly string[];
  /** Undefined: it is used. */
  readonly why?: string;
}

const cases: Readonly<Record<string, Case>> = {
  "an ordinary link": { link: {} },
  "a link that is down: its rows wait for it": { link: { up: false } },
  "a bridge": { link: { name: "vmbr0" } },
  "a VLAN": { link: { name: "eth0.7" } },
  "a wireless link": { link: { name: "wlan0" } },
  loopback: { link: { name: "lo", loopback: true }, why: "a loopback" },
  "loopback, though named": { link: { name: "lo", loopback: true }, interfaces: ["lo"], why: "a loopback" },
  "a tunnel": { link: { broadcast: false }, why: "resolves no neighbors" },
  "a link without ARP": { link: { noArp: true }, why: "resolves no neighbors" },
  "a link without MAC": { link: { mac: "" }, why: "has no MAC address" },
  "a port of a bridge": { link: { master: "vmbr0" }, why: "a port of vmbr0" },
  "a port of a bridge, though named": { link: { master: "vmbr0" }, interfaces: ["eth0"], why: "a port of vmbr0" },
  "a link of a VRF, as MetalLB does": { link: { master: "red", isInVrf: true }, why: "in VRF red, and not named" },
  "a link of a VRF that is named": { link: { master: "red", isInVrf: true }, interfaces: ["eth0"] },
  "a container's link": { link: { name: "veth12ab" }, why: "excluded by veth*" },
  "a container's link that is named": { link: { name: "veth12ab" }, interfaces: ["veth12ab"] },
  "a link that is not named": { link: {}, interfaces: ["eth1"], why: "not among the interfaces asked for" },
  "a link that is named beside others": { link: {}, interfaces: ["eth1", "eth0"] },
  "a name that begins like one that was asked for": {
    link: { name: "eth01" },
    interfaces: ["eth0"],
    why: "not among the interfaces asked for",
  },
  "a link that matches one's own pattern": { link: {}, exclude: ["x", "e*0"], why: "excluded by e*0" },
  "a container's link, where one's own patterns say nothing of it": { link: { name: "veth12ab" }, exclude: ["eth*"] },
  "a pattern without wildcard": { link: { name: "eth01" }, exclude: ["eth0"] },
  "a pattern whose dot is a dot": { link: { name: "ethx7" }, exclude: ["eth.7"] },
  "a pattern with characters of regular expressions": { link: { name: "a+(b" }, exclude: ["a+(b"], why: "excluded by a+(b" },
};

for (const [what, { link, interfaces = [], exclude = DEFAULT_EXCLUDE, why }] of Object.entries(cases)) {
  links(`whyNot() ${why === undefined ? "takes" : "passes over"} ${what}`, () => {
    assert.is(whyNot({ ...ethernet, ...link }, { interfaces, exclude }), why);
  });
}

const excluded = [
  ...[
    "docker0",
    "cbr0",
    "dummy0",
    "virbr0",
    "lxcbr0",
    "veth0",
    "cali1a2b",
    "tunl0",
    "flannel.1",
    "kube-ipvs0",
    "cni0",
    "nodelocaldns",
    "lxc1",
  ],
  ...["cilium_host", "wg0", "br-1a2b3c", "ovs-system", "vxlan.calico"],
];

for (const name of excluded) {
  links(`whyNot() passes over ${name} by default`, () => {
    assert.match(whyNot({ ...ethernet, name }, byDefault) ?? "", /^excluded by /);
  });
}

for (const name of ["eth0", "enp3s0", "eno1", "ens18", "wlan0", "bond0", "vmbr0", "br0", "team0", "end0", "lan1", "eth0.10", "macvlan0"]) {
  links(`whyNot() takes ${name} by default`, () => {
    assert.is(whyNot({ ...ethernet, name }, byDefault), undefined);
  });
}

links.run();
