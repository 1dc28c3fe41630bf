/** The speakers of `herald bench failover`, one a node: started as systemd would, and killed, stopped or told to leave by the bench alone. */
import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readLines } from "../../lab/lines.ts";
import { readCpuTime, type Threads } from "../harness/machine.ts";
import { type Addresses, type Family, nodeAddresses, pools, vips } from "./network.ts";

const START_LIMIT_MS = 30_000;
const LEAVE_LIMIT_MS = 15_000;
const KEPT_LINES = 8;
const READY = "Speaker runs";

export interface SpeakersSetup {
  /** What nobody else writes into. */
  readonly directory: string;
  readonly nodes: readonly string[];
  readonly families: readonly Family[];
  /** A directory for what they log; default: the last lines are kept in memory. */
  readonly logs?: string;
  /** The command line of Herald on a node, to be followed by a command. */
  herald(node: string): [string, ...string[]];
}

interface Speaker {
  readonly process: ChildProcess;
  readonly lines: string[];
  readonly ready: Promise<void>;
  readonly ended: Promise<string>;
}

export class Speakers {
  readonly #setup: SpeakersSetup;
  readonly #running = new Map<string, Speaker>();

  constructor(setup: SpeakersSetup) {
    this.#setup = setup;
    for (const directory of [setup.directory, setup.logs ?? setup.directory]) mkdirSync(directory, { recursive: true });
    writeFileSync(join(setup.directory, "bench.yaml"), manifests(setup));
  }

  /** Resolves when it runs. The first node's gives out addresses too. */
  async start(node: string): Promise<void> {
    const { directory, nodes, logs } = this.#setup;
    const [file, ...args] = this.#setup.herald(node);
    const place = ["--manifests", join(directory, "bench.yaml"), "--allocations", join(directory, "allocations.yaml")];
    const flags = [...place, "--node", node, "--interface", "eth0", "--control", this.#control(node), "--log-format", "json"];
    const child = spawn(file, [...args, "run", ...flags, ...(node === nodes[0] ? ["--controller"] : [])], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const lines: string[] = [];
    let isReady = (): void => {};
    const ready = new Promise<void>((resolve) => (isReady = resolve));
    for (const stream of [child.stdout, child.stderr])
      readLines(stream, (line) => {
        if (lines.push(line) > KEPT_LINES) lines.shift();
        if (logs !== undefined) appendFileSync(join(logs, `${node}.log`), `${line}\n`);
        if (line.includes(READY)) isReady();
      });
    const ended = new Promise<string>((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    const speaker: Speaker = { process: child, lines, ready, ended };
    this.#running.set(node, speaker);
    await within(START_LIMIT_MS, Promise.race([ready, ended.then((how) => Promise.reject(failure(node, how, lines)))]), () =>
      failure(node, "it was not ready in time", lines),
    );
  }

  async startAll(): Promise<void> {
    await Promise.all(this.#setup.nodes.map((node) => this.start(node)));
  }

  signal(node: string, signal: "SIGSTOP" | "SIGCONT"): void {
    this.#get(node).process.kill(signal);
  }

  async kill(node: string): Promise<void> {
    const { process, ended } = this.#get(node);
    this.#running.delete(node);
    process.kill("SIGKILL");
    await ended;
  }

  /** SIGTERM; resolves when it has ended. */
  async leave(node: string): Promise<void> {
    const { process, ended, lines } = this.#get(node);
    this.#running.delete(node);
    process.kill("SIGTERM");
    const how = await within(LEAVE_LIMIT_MS, ended, () => failure(node, "it did not leave in time", lines));
    if (how !== "exit code 0") throw failure(node, how, lines);
  }

  /** Throws where one has ended by itself. */
  mustRun(): void {
    for (const [node, { process, lines }] of this.#running) {
      const { exitCode, signalCode } = process;
      if (exitCode !== null || signalCode !== null) throw failure(node, signalCode ?? `exit code ${exitCode}`, lines);
    }
  }

  /** By `herald drain`; resolves when that has ended. */
  async drain(node: string, isUndone = false): Promise<void> {
    const [file, ...args] = this.#setup.herald(node);
    const flags = ["--control", this.#control(node), ...(isUndone ? ["--undo"] : [])];
    const child = spawn(file, [...args, "drain", node, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) readLines(stream, (line) => lines.push(line));
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    if (code !== 0) throw new Error(`Cannot bench: herald drain ${node} ended with ${code}\n${lines.join("\n")}`);
  }

  /** How long each has used a CPU and waited for one by now. */
  look(): ReadonlyMap<string, Threads> {
    const alive = [...this.#running].filter(
      ([
        ,
        {
          process: { exitCode, signalCode },
        },
      ]) => exitCode === null && signalCode === null,
    );
    return new Map(
      alive.map(
        ([
          node,
          {
            process: { pid = 0 },
          },
        ]) => [node, readCpuTime(pid)],
      ),
    );
  }

  async killAll(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((node) => this.kill(node)));
  }

  #control(node: string): string {
    return join(this.#setup.directory, `${node}.sock`);
  }

  #get(node: string): Speaker {
    const speaker = this.#running.get(node);
    if (speaker === undefined) throw new Error(`Cannot bench: no speaker runs on ${node}`);
    return speaker;
  }
}

function failure(node: string, how: string, lines: readonly string[]): Error {
  return new Error(`Cannot bench: the speaker on ${node} failed: ${how}\n${lines.join("\n")}`);
}

async function within<Result>(limitMs: number, promise: Promise<Result>, late: () => Error): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** One Service with a VIP of each family, so both are owned as one. */
function manifests({ nodes, families }: SpeakersSetup): string {
  const internal = (addresses: Addresses) => [addresses[4], addresses[6]].map((address) => ({ type: "InternalIP", address }));
  const objects = [
    ...nodes.map((name, at) => ({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name },
      status: { addresses: internal(nodeAddresses(at)) },
    })),
    { apiVersion: "metallb.io/v1beta1", kind: "IPAddressPool", metadata: { name: "bench" }, spec: { addresses: pools } },
    { apiVersion: "metallb.io/v1beta1", kind: "L2Advertisement", metadata: { name: "bench" }, spec: { ipAddressPools: ["bench"] } },
    {
      ...{ apiVersion: "v1", kind: "Service" },
      metadata: { name: "bench", annotations: { "metallb.io/loadBalancerIPs": families.map((family) => vips[family]).join(",") } },
      spec: {
        type: "LoadBalancer",
        ipFamilyPolicy: families.length > 1 ? "RequireDualStack" : "SingleStack",
        ipFamilies: families.map((family) => `IPv${family}`),
        ports: [
          { name: "web", port: 80 },
          { name: "probe", port: 80, protocol: "UDP" },
        ],
      },
    },
  ];
  return objects.map((object) => JSON.stringify(object)).join("\n---\n");
}
