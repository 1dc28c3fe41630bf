/** Of real links of every kind: on which of them addresses are announced. */
import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DEFAULT_EXCLUDE, whyNot } from "../contract/segment-links.ts";
import { findWay, ipBatch } from "../workbench/private-network.ts";
import { insideTests } from "../workbench/testing/inside.ts";
import { libc } from "./libc.ts";
import { kernelLinks } from "./links.ts";

const KINDS = suite("kinds of links");
const inside = insideTests(KINDS, import.meta.url);

/** This kernel has links of that kind; a pipeline cannot choose its kernel, so one without is none of its failures. */
function has(kind: string): boolean {
  const way = findWay();
  const make = `ip link add try0 type veth peer name try1 && ip link add link try0 name try2 type ${kind}`;
  return way.ok && spawnSync("unshare", [...way.unshare, "sh", "-c", make]).status === 0;
}

interface Case {
  /** Kinds of links, with what each cannot be without. */
  readonly needs: readonly string[];
  readonly commands: readonly string[];
  /** Reason by link; empty: it is announced on. */
  readonly links: Readonly<Record<string, string>>;
  readonly interfaces?: readonly string[];
}

const cases: Readonly<Record<string, Case>> = {
  "a bridge and its port": {
    needs: [],
    commands: ["link add br0 type bridge", "link set eth0 master br0"],
    links: { br0: "", eth0: "a port of br0", eth1: "" },
  },
  "a bridge of containers": {
    needs: [],
    commands: ["link add br-1a2b type bridge", "link add docker0 type bridge"],
    links: { "br-1a2b": "excluded by br-*", docker0: "excluded by docker*" },
  },
  "a bond and its ports, and a VLAN on it": {
    needs: ["bond", "vlan id 7"],
    commands: [
      "link add bond0 type bond",
      "link set eth0 down",
      "link set eth0 master bond0",
      "link add link bond0 name bond0.7 type vlan id 7",
    ],
    links: { bond0: "", eth0: "a port of bond0", "bond0.7": "" },
  },
  "a VLAN": { needs: ["vlan id 7"], commands: ["link add link eth0 name eth0.7 type vlan id 7"], links: { eth0: "", "eth0.7": "" } },
  "a macvlan": { needs: ["macvlan"], commands: ["link add link eth0 name mac0 type macvlan"], links: { eth0: "", mac0: "" } },
  "links of a VRF, of which one is named": {
    needs: ["vrf table 10"],
    commands: ["link add red type vrf table 10", "link set eth0 master red", "link set eth1 master red"],
    links: { red: "not among the interfaces asked for", eth0: "", eth1: "not among the interfaces asked for" },
    interfaces: ["eth0"],
  },
  "links of a VRF": {
    needs: ["vrf table 10"],
    commands: ["link add red type vrf table 10", "link set eth0 master red"],
    links: { red: "resolves no neighbors", eth0: "in VRF red, and not named" },
  },
};

for (const [what, { needs, commands, links: expected, interfaces = [] }] of Object.entries(cases)) {
  const missing = needs.find((kind) => !has(kind));
  if (missing !== undefined) {
    process.stdout.write(`not run: "${what}" needs a kernel with links of type ${missing.split(" ")[0]}\n`);
    continue;
  }
  inside(what, [], () => {
    ipBatch(["link add eth0 type veth peer name far0", "link add eth1 type veth peer name far1"]);
    ipBatch(["eth0", "far0", "eth1", "far1"].map((name) => `link set ${name} up`));
    ipBatch(commands);
    const links = kernelLinks(libc());
    links.close();
    try {
      for (const [name, why] of Object.entries(expected)) {
        const link = links.all().find((one) => one.name === name);
        if (link === undefined) throw new Error(`There is no ${name}`);
        assert.is(whyNot(link, { interfaces, exclude: DEFAULT_EXCLUDE }) ?? "", why, name);
      }
    } finally {
      for (const { name, loopback } of links.all()) if (!loopback) spawnSync("ip", ["link", "delete", name]);
    }
  });
}

KINDS.run();
