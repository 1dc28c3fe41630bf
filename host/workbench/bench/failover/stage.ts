/** All that runs in `herald bench failover` with so many nodes: speakers, listeners, the warm client and the two who ask. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMs } from "../answers/arp-station.ts";
import { Child } from "../harness/child.ts";
import type { AskerSetup, AskerTask, ColdWindow } from "./asker.ts";
import type { ClientSetup, ClientTask, WarmWindow } from "./client.ts";
import type { ListenerSetup } from "./listener.ts";
import { CLIENT, FAR, type FailoverNetwork, type Family, NEAR, vips } from "./network.ts";
import { Speakers } from "./speakers.ts";

/** What this bench runs of itself, each as a process of its own. */
export type FailoverPart =
  | { readonly listener: ListenerSetup }
  | { readonly client: ClientSetup }
  | { readonly asker: AskerSetup }
  | { readonly busyMs: number };

export interface Programs {
  /** Command line of Herald, to be followed by a command. */
  readonly herald: readonly string[];
  readonly part: (part: FailoverPart) => readonly string[];
}

export interface StageSetup {
  readonly network: FailoverNetwork;
  readonly programs: Programs;
  readonly directory: string;
  readonly nodes: number;
  readonly families: readonly Family[];
  /** Where what speakers log is kept. */
  readonly logs?: string;
}

const START_MS = 30_000;
const TASK_MS = 10_000;
const LOOK_MS = 50;
/** A VIP is with one owner when nobody else has answered for so long, and nothing was lost. */
const STEADY_MS = 500;
/** By then an answer that is late on a busy machine has come. */
export const LATE_MS = 150;
const CONTROL_MS = 300;

/** A process that answers tasks one at a time. */
class Station<Task, Result> {
  readonly #child: Child;

  constructor(child: Child) {
    this.#child = child;
  }

  async ask(task: Task): Promise<Result> {
    this.#child.send(JSON.stringify(task));
    return JSON.parse(await this.#child.next(TASK_MS)) as Result;
  }
}

export class Stage {
  readonly nodes: readonly string[];
  readonly network: FailoverNetwork;
  readonly speakers: Speakers;
  readonly #setup: StageSetup;
  readonly #children: Child[] = [];
  readonly #listeners = new Map<string, Child>();
  #client: Station<ClientTask, readonly WarmWindow[]> | undefined;
  readonly #askers = new Map<string, Station<AskerTask, readonly ColdWindow[]>>();

  constructor(setup: StageSetup) {
    this.#setup = setup;
    this.network = setup.network;
    this.nodes = setup.network.build(setup.nodes);
    const { logs } = setup;
    this.speakers = new Speakers({
      directory: join(setup.directory, `${setup.nodes}`),
      nodes: this.nodes,
      families: setup.families,
      ...(logs === undefined ? {} : { logs: join(logs, `${setup.nodes}-nodes`) }),
      herald: (node) => this.network.network.on(node, ...setup.programs.herald),
    });
  }

  /** Resolves to the owner, when everybody agrees about that. Throws where somebody answers while no speaker runs. */
  async start(): Promise<string> {
    const own = this.#setup.families.map((family) => vips[family]);
    const macs = Object.fromEntries(this.nodes.map((node) => [this.network.network.mac(node), node]));
    const starting = this.nodes.map(async (node) => {
      this.#listeners.set(node, await this.#start(node, `the listener on ${node}`, { listener: { node, vips: own } }));
    });
    await Promise.all(starting);
    for (const name of [NEAR, FAR]) {
      const mac = this.network.network.mac(name);
      const asker: AskerSetup = { mac, addresses: this.network.stationAddresses(name), vips: own, nodes: macs };
      this.#askers.set(name, new Station(await this.#start(name, `the ${name} asker`, { asker })));
    }
    await this.#control();
    await this.#askers.get(FAR)?.ask({ asking: false });
    this.#client = new Station(await this.#start(CLIENT, "the client", { client: { vips: own } }));
    await this.speakers.startAll();
    return await this.untilSteady(START_MS);
  }

  /** Kills all processes of the stage and takes its hosts down. */
  async end(): Promise<void> {
    for (const child of [...this.#listeners.values()]) process.kill(child.pid, "SIGCONT");
    await this.speakers.killAll();
    await Promise.all(this.#children.map((child) => child.stop()));
    this.network.tearDown();
  }

  async warm(fromMs: number, toMs: number): Promise<readonly WarmWindow[]> {
    return (await this.#client?.ask({ fromMs, toMs })) ?? [];
  }

  async cold(fromMs: number, toMs: number, asker = NEAR): Promise<readonly ColdWindow[]> {
    return (await this.#askers.get(asker)?.ask({ fromMs, toMs })) ?? [];
  }

  async setConnecting(connecting: boolean): Promise<void> {
    await this.#client?.ask({ connecting });
  }

  async setFarAsking(asking: boolean): Promise<void> {
    await this.#askers.get(FAR)?.ask({ asking });
  }

  signalListener(node: string, signal: "SIGSTOP" | "SIGCONT"): void {
    const pid = this.#listeners.get(node)?.pid;
    if (pid !== undefined) process.kill(pid, signal);
  }

  /** Waits until one node alone is heard by both clients, and nothing is lost; `owner`: only this one. Throws after `limitMs`. */
  async untilSteady(limitMs: number, owner?: string): Promise<string> {
    const deadlineMs = monotonicMs() + limitMs;
    for (;;) {
      this.speakers.mustRun();
      const toMs = monotonicMs() - LATE_MS;
      const windows = [...(await this.warm(toMs - STEADY_MS, toMs)), ...(await this.cold(toMs - STEADY_MS, toMs))];
      const names = new Set(windows.flatMap(({ answeredBy }) => Object.keys(answeredBy)));
      const [only] = names;
      const isWhole = windows.every(({ sent, lost }) => sent > 0 && lost === 0);
      if (isWhole && names.size === 1 && only !== undefined && (owner ?? only) === only) return only;
      if (monotonicMs() > deadlineMs) throw new Error(`Cannot bench: ${describe(windows, owner)} after ${limitMs / 1000} s`);
      await sleep(LOOK_MS);
    }
  }

  /** Waits until somebody else than `victim` answers for every VIP; false: nobody did. */
  async untilTaken(victim: string, fromMs: number, limitMs: number): Promise<boolean> {
    for (const deadlineMs = monotonicMs() + limitMs; monotonicMs() < deadlineMs; await sleep(LOOK_MS)) {
      const windows = await this.cold(fromMs, monotonicMs());
      if (windows.every(({ answeredBy }) => Object.keys(answeredBy).some((name) => name !== victim))) return true;
    }
    return false;
  }

  /** With all speakers off nobody may answer; else nothing that is measured later would prove anything. */
  async #control(): Promise<void> {
    const fromMs = monotonicMs();
    await sleep(CONTROL_MS);
    for (const { sent, answeredBy } of await this.cold(fromMs, monotonicMs()))
      if (sent === 0 || Object.keys(answeredBy).length > 0)
        throw new Error(`Cannot bench: with all speakers off, ${sent} requests were answered by [${Object.keys(answeredBy)}]`);
  }

  async #start(host: string, name: string, part: FailoverPart): Promise<Child> {
    const child = new Child(name, this.network.network.on(host, ...this.#setup.programs.part(part)));
    this.#children.push(child);
    await child.next(START_MS);
    return child;
  }
}

function describe(windows: readonly { sent: number; lost: number; answeredBy: object }[], owner: string | undefined): string {
  const found = windows.map(({ sent, lost, answeredBy }) => `${lost} of ${sent} lost, answered by [${Object.keys(answeredBy)}]`);
  return `expected ${owner ?? "one node"} to answer alone, found ${found.join("; ")}`;
}
