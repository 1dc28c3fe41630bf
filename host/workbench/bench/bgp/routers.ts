/** The routers that Herald is measured beside: what each is told, and how it is started. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findTool } from "../../testing/requirements.ts";
import { stations } from "./network.ts";

export interface Router {
  readonly name: string;
  readonly debianPackage: string;
  /** Where its program is; undefined: not installed. */
  find(): string | undefined;
  /** Writes what it reads into an empty folder; gives the command that keeps it in the foreground. */
  prepare(folder: string): string[];
}

const FRR = "/usr/lib/frr/bgpd";
/** Where two of its three processes jail themselves; here `/run` is the private network's own. */
const OPENBGPD_JAIL = "/run/openbgpd";
const { receiver, sender, feeder } = stations;
const neighbors = [receiver, feeder];

/** All of them learn their routes from the feeder, by BGP, and wait for the receiver to connect. */
export const routers: readonly Router[] = [
  {
    name: "bird",
    debianPackage: "bird2",
    find: () => findTool("bird"),
    prepare: (folder) => [
      "bird",
      "-f",
      "-c",
      write(folder, "bird.conf", birdConfig()),
      "-s",
      join(folder, "ctl"),
      "-P",
      join(folder, "pid"),
    ],
  },
  {
    name: "frr",
    debianPackage: "frr",
    find: () => (existsSync(FRR) ? FRR : undefined),
    // Without zebra it takes every next hop for reachable, and needs nobody else.
    prepare: (folder) => {
      const files = [
        "-f",
        write(folder, "bgpd.conf", frrConfig()),
        "-i",
        join(folder, "pid"),
        "-z",
        join(folder, "zserv"),
        "--vty_socket",
        folder,
      ];
      return [FRR, "-Z", "-S", "-u", "root", "-g", "root", "-P", "0", "-l", sender.address, ...files];
    },
  },
  {
    name: "gobgp",
    debianPackage: "gobgpd",
    find: () => findTool("gobgpd"),
    prepare: (folder) => {
      const api = `unix://${join(folder, "api")}`;
      return [
        "gobgpd",
        "--log-plain",
        "--log-level=error",
        "--pprof-disable",
        "--api-hosts",
        api,
        "-f",
        write(folder, "gobgpd.toml", gobgpConfig()),
      ];
    },
  },
  {
    name: "openbgpd",
    debianPackage: "openbgpd",
    find: () => findTool("bgpd"),
    prepare: (folder) => {
      mkdirSync(OPENBGPD_JAIL, { recursive: true });
      // It refuses a configuration that others may read.
      return ["bgpd", "-d", "-f", write(folder, "bgpd.conf", openbgpdConfig(folder), 0o600)];
    },
  },
];

export function openbgpdConfig(folder: string): string {
  return [
    `AS ${sender.asNumber}`,
    `router-id ${sender.address}`,
    `listen on ${sender.address}`,
    `socket "${join(folder, "ctl")}"`,
    "fib-update no",
    ...neighbors.flatMap(({ address, asNumber }) => [
      `neighbor ${address} {`,
      `  remote-as ${asNumber}`,
      `  local-address ${sender.address}`,
      "  passive",
      "  announce IPv4 unicast",
      "  announce IPv6 none",
      "}",
    ]),
    "allow from any",
    "allow to any",
    "",
  ].join("\n");
}

export function birdConfig(): string {
  return [
    `router id ${sender.address};`,
    "protocol device {}",
    ...neighbors.flatMap(({ address, asNumber }, index) => [
      `protocol bgp neighbor${index} {`,
      `  local ${sender.address} as ${sender.asNumber};`,
      `  neighbor ${address} as ${asNumber};`,
      "  passive yes; error wait time 1, 1;",
      `  ipv4 { import ${address === feeder.address ? "all" : "none"}; export ${address === feeder.address ? "none" : "all"}; };`,
      "}",
    ]),
    "",
  ].join("\n");
}

export function frrConfig(): string {
  return [
    "frr defaults traditional",
    `router bgp ${sender.asNumber}`,
    ` bgp router-id ${sender.address}`,
    " no bgp ebgp-requires-policy",
    " no bgp network import-check",
    ...neighbors.flatMap(({ address, asNumber }) => [` neighbor ${address} remote-as ${asNumber}`, ` neighbor ${address} passive`]),
    "exit",
    "",
  ].join("\n");
}

export function gobgpConfig(): string {
  return [
    "[global.config]",
    `as = ${sender.asNumber}`,
    `router-id = "${sender.address}"`,
    `local-address-list = ["${sender.address}"]`,
    ...neighbors.flatMap(({ address, asNumber }) => [
      "[[neighbors]]",
      "[neighbors.config]",
      `neighbor-address = "${address}"`,
      `peer-as = ${asNumber}`,
      "[neighbors.timers.config]",
      "idle-hold-time-after-reset = 1",
      "hold-time = 180",
      "[neighbors.transport.config]",
      "passive-mode = true",
    ]),
    "",
  ].join("\n");
}

function write(folder: string, name: string, text: string, mode?: number): string {
  writeFileSync(join(folder, name), text, { mode });
  return join(folder, name);
}
