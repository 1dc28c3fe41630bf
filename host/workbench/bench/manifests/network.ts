/** The segment of `herald bench manifests`: a speaker and a client on one switch, and the processes that run there. */
import { PrivateNetwork } from "../../private-network.ts";
import type { StationSetup } from "../answers/arp-station.ts";
import type { Stations } from "../answers/family.ts";
import { Child } from "../harness/child.ts";
import type { AskResult, AskTask, Edit, EditTask } from "./client.ts";

const SPEAKER = "speaker";
const CLIENT = "client";
const LINK = "eth0";
const CLIENT_ADDRESS = "10.63.255.254";
/** A pause between two edits, and the longest that one is waited for. */
const MOST_MS_AN_EDIT = 2100;
const GRACE_MS = 10_000;

export interface Programs {
  /** Command line of `herald run`, without flags. */
  readonly speaker: readonly string[];
  readonly client: (setup: StationSetup) => readonly string[];
}

export class ManifestsNetwork {
  readonly #network = new PrivateNetwork();
  readonly #programs: Programs;

  /** To be called inside a private network; it goes with that. */
  constructor(programs: Programs) {
    this.#programs = programs;
    for (const name of [SPEAKER, CLIENT]) this.#network.addHost(name);
  }

  async startClient(): Promise<Client> {
    const client = { mac: this.#network.mac(CLIENT), address: CLIENT_ADDRESS };
    const stations: Stations = { generator: client, responder: { mac: this.#network.mac(SPEAKER) } };
    const setup = { stations, link: this.#network.link(CLIENT) };
    const child = new Child("the client", this.#network.on(CLIENT, ...this.#programs.client(setup)));
    await child.next(GRACE_MS);
    return new Client(child);
  }

  /** A speaker with all that a user's has: it allocates, writes `allocations.yaml` and follows the directory. */
  startSpeaker(manifests: string): Child {
    const flags = ["--manifests", manifests, "--node", "bench", "--controller", "--interface", LINK, "--control", "none"];
    return new Child("the speaker", this.#network.on(SPEAKER, ...this.#programs.speaker, ...flags));
  }
}

/** The client's process, one task at a time. */
export class Client {
  readonly #child: Child;

  constructor(child: Child) {
    this.#child = child;
  }

  ask(ask: AskTask): Promise<AskResult> {
    return this.#do<AskResult>({ ask }, ask.timeoutMs);
  }

  edit(edit: EditTask): Promise<Edit[]> {
    return this.#do<Edit[]>({ edit }, edit.edits * MOST_MS_AN_EDIT);
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }

  async #do<Result>(task: object, mostMs: number): Promise<Result> {
    this.#child.send(JSON.stringify(task));
    return JSON.parse(await this.#child.next(mostMs + GRACE_MS)) as Result;
  }
}
