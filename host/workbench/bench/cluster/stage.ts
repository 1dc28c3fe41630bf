/** The stage of `herald bench cluster`: an API server, a controller beside it, and on one switch a node with its speaker and a listener. */
import type { ApiServer } from "../../api-server/api-server.ts";
import { startApiServer } from "../../api-server/api-server.ts";
import { writeDefinitions } from "../../api-server/definitions.ts";
import { PrivateNetwork, run } from "../../private-network.ts";
import type { StationSetup } from "../answers/arp-station.ts";
import { Child } from "../harness/child.ts";
import { MEASURED_NODE, NAMESPACE } from "./objects.ts";
import type { ReplaySetup } from "./replay.ts";

/** Of one process of the bench. */
export type ClusterPart = { readonly listen: StationSetup } | { readonly replay: ReplaySetup };

export interface Programs {
  readonly herald: readonly string[];
  readonly part: (part: ClusterPart) => readonly string[];
}

const NODE = "node";
const LISTENER = "listener";
const NODE_ADDRESS = "192.0.2.1";
const SERVER_ADDRESS = "192.0.2.254";
const PREFIX_LENGTH = 24;
const START_MS = 30_000;

export class ClusterStage {
  readonly server: ApiServer;
  readonly #network: PrivateNetwork;
  readonly #programs: Programs;

  private constructor(server: ApiServer, network: PrivateNetwork, programs: Programs) {
    this.server = server;
    this.#network = network;
    this.#programs = programs;
  }

  /** To be called inside a private network; the API server is to be stopped. */
  static async open(programs: Programs): Promise<ClusterStage> {
    const network = new PrivateNetwork();
    network.addHost(NODE, `${NODE_ADDRESS}/${PREFIX_LENGTH}`);
    network.addHost(LISTENER);
    run("ip", "address", "add", `${SERVER_ADDRESS}/${PREFIX_LENGTH}`, "dev", network.bridge);
    const server = await startApiServer({ address: SERVER_ADDRESS });
    return new ClusterStage(server, network, programs);
  }

  /** What an empty cluster needs before there can be anything of ours. */
  async define(): Promise<void> {
    await writeDefinitions(this.server.admin);
  }

  startController(): Child {
    return new Child("the controller", [...this.#programs.herald, "controller", ...this.#flags(this.server.url)]);
  }

  /** `url`: where its API server is. */
  startSpeaker(url = this.server.url): Child {
    const flags = ["--node-name", MEASURED_NODE, "--interface", "eth0", "--control", "none"];
    return new Child("the speaker", this.#network.on(NODE, ...this.#programs.herald, "speaker", ...this.#flags(url), ...flags));
  }

  async startListener(): Promise<Child> {
    const generator = { mac: this.#network.mac(LISTENER), address: "192.0.2.2" };
    const stations = { generator, responder: { mac: this.#network.mac(NODE) } };
    const listen = { stations, link: this.#network.link(LISTENER) };
    return this.#started("the listener", this.#network.on(LISTENER, ...this.#programs.part({ listen })));
  }

  /** An API server that can send updates faster than the real one can write them; its first line is its URL. */
  async startReplay(): Promise<{ child: Child; url: string }> {
    const { server } = this;
    const identity = { certificate: server.path("certificates/apiserver.crt"), key: server.path("certificates/apiserver.key") };
    const child = new Child("the replay", this.#programs.part({ replay: { url: server.url, address: SERVER_ADDRESS, ...identity } }));
    return { child, url: await child.next(START_MS) };
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  async #started(name: string, command: readonly string[]): Promise<Child> {
    const child = new Child(name, command);
    await child.next(START_MS);
    return child;
  }

  #flags(url: string): string[] {
    return [
      "--kubeconfig",
      this.server.kubeconfig({ url }),
      "--namespace",
      NAMESPACE,
      "--port",
      "0",
      "--health-probe-port",
      "0",
      "--log-format",
      "json",
    ];
  }
}

/** Waits until it has logged `message`. */
export async function untilSays(child: Child, message: string, limitMs: number): Promise<void> {
  const deadlineMs = performance.now() + limitMs;
  for (;;) {
    const line = await child.next(Math.max(deadlineMs - performance.now(), 1));
    if ((JSON.parse(line) as { msg: string }).msg === message) return;
  }
}
