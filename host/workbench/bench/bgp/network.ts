/** The wire of `herald bench bgp`: one veth pair; at one end the receiver and the feeder, at the other one sender at a time. */
import { run } from "../../private-network.ts";

const LINK = "eth0";
export const PREFIX_LENGTH = 29;

export interface Station {
  readonly address: string;
  readonly asNumber: number;
}

export const stations = {
  receiver: { address: "192.0.2.1", asNumber: 64_601 },
  sender: { address: "192.0.2.2", asNumber: 64_602 },
  feeder: { address: "192.0.2.3", asNumber: 64_603 },
} as const satisfies Readonly<Record<string, Station>>;

const ends = { receiver: [stations.receiver, stations.feeder], sender: [stations.sender] } as const;

/** To be called inside a private network; it goes with that. */
export function createBgpNetwork(): void {
  for (const end of Object.keys(ends)) run("ip", "netns", "add", end);
  run("ip", "link", "add", "name", LINK, "netns", "receiver", "type", "veth", "peer", "name", LINK, "netns", "sender");
  for (const [end, addresses] of Object.entries(ends)) {
    for (const { address } of addresses) run("ip", "-n", end, "address", "add", `${address}/${PREFIX_LENGTH}`, "dev", LINK);
    for (const link of ["lo", LINK]) run("ip", "-n", end, "link", "set", link, "up");
  }
}

/** The command line that runs a command at one end. */
export function at(end: keyof typeof ends, ...command: readonly string[]): string[] {
  return ["nsenter", `--net=/run/netns/${end}`, ...command];
}
