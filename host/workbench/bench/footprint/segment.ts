/** The segment of `herald bench footprint` and `herald bench soak`: a speaker, as `herald run` starts it, and a router that listens. */
import { PrivateNetwork } from "../../private-network.ts";
import { WatchedProcess } from "./watched-process.ts";

export const SPEAKER = "speaker";
export const ROUTER = "router";
export const LINK = "eth0";
export const addresses = { [SPEAKER]: "10.63.0.1", [ROUTER]: "10.63.0.2" } as const;
const ROUTER_AS = 64512;
const METRICS_PORT = 9120;
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
    this.network.addHost(SPEAKER, `${addresses[SPEAKER]}/16`, "2001:db8:63::1/64 nodad");
    this.network.addHost(ROUTER, `${addresses[ROUTER]}/16`, "2001:db8:63::2/64 nodad");
  }

  /** Resolves when it takes sessions. `onEvent` hears each of its events, as JSON. */
  async startRouter(onEvent: (line: string) => void): Promise<WatchedProcess> {
    const command = this.network.on(ROUTER, ...this.#herald, "bgp", "listen", "--asn", `${ROUTER_AS}`, "--json");
    const router = new WatchedProcess("the router", command, (line) => line.includes('"listening"'), onEvent);
    await router.ready();
    return router;
  }

  /** Resolves when it runs. */
  async startSpeaker(manifests: string, ...flags: readonly string[]): Promise<WatchedProcess> {
    const all = ["run", "--manifests", manifests, "--node", "bench", "--controller", "--interface", LINK, ...flags];
    const speaker = new WatchedProcess("the speaker", this.network.on(SPEAKER, ...this.#herald, ...all), (line) =>
      line.includes("Speaker runs"),
    );
    await speaker.ready();
    return speaker;
  }
}
