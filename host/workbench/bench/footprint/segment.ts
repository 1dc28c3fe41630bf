/** The segment of `herald bench footprint` and `herald bench soak`: a speaker, as the systemd unit starts it, and a router that listens. */
import { PrivateNetwork } from "../../private-network.ts";
import { WatchedProcess } from "./watched-process.ts";

export const SPEAKER = "speaker";
export const ROUTER = "router";
export const LINK = "eth0";
/** Speakers on other nodes. */
export const PEERS = ["peer-1", "peer-2"] as const;
export const NODE = "bench";
export const addresses = { [SPEAKER]: "10.63.0.1", [ROUTER]: "10.63.0.2", "peer-1": "10.63.0.3", "peer-2": "10.63.0.4" } as const;
const ROUTER_AS = 64512;
const METRICS_PORT = 9120;
/** Of V8, as the systemd unit has them: without, its heap follows the machine's memory, and a small board's is small. */
export const heapLimits = "--max-semi-space-size=2 --max-old-space-size=96";
export const metricsPlace = `${addresses[SPEAKER]}:${METRICS_PORT}`;

/** A session to the router, and all VIPs told to it. */
export const bgpObjects = [
  {
    ...{ apiVersion: "metallb.io/v1beta2", kind: "BGPPeer", metadata: { name: "router" } },
    spec: { myASN: 64500, peerASN: ROUTER_AS, peerAddress: addresses[ROUTER], dualStackAddressFamily: true },
  },
  { apiVersion: "metallb.io/v1beta1", kind: "BGPAdvertisement", metadata: { name: "bench" } },
] as const;

/** To be made inside a private network; it goes with that. */
export class Segment {
  readonly network = new PrivateNetwork();
  readonly #herald: readonly string[];

  /** `herald`: its command line, to be followed by a command. */
  constructor(herald: readonly string[]) {
    this.#herald = herald;
    Object.entries(addresses).forEach(([name, address], at) => {
      this.network.addHost(name, `${address}/16`, `2001:db8:63::${at + 1}/64 nodad`);
    });
  }

  /** Resolves when it takes sessions. `onEvent` hears each of its events, as JSON. */
  async startRouter(onEvent: (line: string) => void): Promise<WatchedProcess> {
    const command = this.network.on(ROUTER, ...this.#herald, "bgp", "listen", "--asn", `${ROUTER_AS}`, "--json");
    const router = new WatchedProcess("the router", command, (line) => line.includes('"listening"'), onEvent);
    await router.ready();
    return router;
  }

  /** The one that is measured, which gives out addresses too; resolves when it runs. */
  startSpeaker(manifests: string, ...flags: readonly string[]): Promise<WatchedProcess> {
    return this.#start(SPEAKER, "--manifests", manifests, "--node", NODE, "--controller", ...flags);
  }

  /** On another node, with the same manifests; resolves when it runs. */
  startPeer(name: (typeof PEERS)[number], manifests: string): Promise<WatchedProcess> {
    return this.#start(name, "--manifests", manifests, "--node", name, "--control", "none");
  }

  /** Runs a command to its end. */
  async runHerald(...command: readonly string[]): Promise<void> {
    const running = new WatchedProcess(command.join(" "), this.network.on(SPEAKER, ...this.#herald, ...command), () => false);
    const how = await running.untilEnd();
    if (how !== "exit code 0") running.mustRun();
  }

  async #start(host: string, ...flags: readonly string[]): Promise<WatchedProcess> {
    const limited = ["env", `NODE_OPTIONS=${heapLimits} ${process.env["NODE_OPTIONS"] ?? ""}`, ...this.#herald];
    const command = this.network.on(host, ...limited, "run", "--interface", LINK, ...flags);
    const speaker = new WatchedProcess(`the speaker on ${host}`, command, (line) => line.includes("Speaker runs"));
    await speaker.ready();
    return speaker;
  }
}
