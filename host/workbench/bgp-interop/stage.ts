/** The whole matrix on one switch: five routers, a node with Herald as it is shipped, and a capture of all that they say to each other. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ROUTERS, type Router, type RouterName, startRouter } from "../bgp-peers/routers.ts";
import { until } from "../bgp-peers/until.ts";
import { ipBatch, PrivateNetwork, run } from "../private-network.ts";
import { PROGRAM } from "../testing/running-lab.ts";
import { manifests } from "./manifests.ts";
import { addressesOf, describeRouter, LINK, NODE, routerAddress } from "./sessions.ts";

/** Between the values of one field. */
export const SEPARATOR = "|";
const EXPERT_ERROR = 0x80_0000;
/** They try again each second, with some jitter. */
const ROUTERS_DUE_MS = 1500;

export interface Stage {
  router(name: RouterName): Router;
  /** To Herald. */
  signal(signal: NodeJS.Signals): void;
  /** Gives Herald other manifests. */
  configure(manifests: string): void;
  /** Whether something on the host takes BGP connections. */
  listens(host: RouterName | typeof NODE): boolean;
  /** Waits until Herald has ended, and starts it again. */
  startAgain(): Promise<void>;
  /** Ends the capture, and gives its file. */
  endCapture(): Promise<string>;
  /** What Herald has logged. */
  log(): string;
}

/**
 * Files lie in a folder of the private network, and go with it. The routers are frozen while Herald starts: it reaches their kernels and
 * sends OPEN. When they go on, the next attempt of those that connect, too, is due before they read that: collisions (RFC 4271 §6.8).
 */
export async function openStage(): Promise<Stage> {
  const folder = mkdtempSync("/run/interop-");
  const network = new PrivateNetwork();
  for (const host of [...ROUTERS, NODE] as const) {
    network.addHost(host);
    const commands = addressesOf(host).map((address) => `address add ${address} dev ${LINK}${address.includes(":") ? " nodad" : ""}`);
    ipBatch(commands, "-n", host);
  }
  const endCapture = await startCapture(network.bridge, join(folder, "all.pcapng"));
  const configure = (text: string): void => writeFileSync(join(folder, "all.yaml"), text);
  configure(manifests());
  let log = "";
  const startHerald = (): ChildProcess => {
    const command = [process.execPath, PROGRAM, "run", "--manifests", folder, "--node", NODE, "--controller", "--control", "none"];
    const [file, ...args] = network.on(NODE, ...command, "--log-format", "json");
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (log += text));
    return child;
  };
  const started = await Promise.all(
    ROUTERS.map((name) => startRouter(name, (...command) => network.on(name, ...command), describeRouter(name))),
  );
  for (const router of started) router.freeze();
  let herald = startHerald();
  const isConnected = (name: RouterName) =>
    run(...network.on(NODE, "ss", "-Htn", "state", "established", "dst", routerAddress(name, "collision"))) !== "";
  await until("connection to each router", async () => ROUTERS.every(isConnected) || undefined);
  await wait(ROUTERS_DUE_MS);
  for (const router of started) router.thaw();
  return {
    router: (name) => started.find((router) => router.name === name) as Router,
    signal: (signal) => void herald.kill(signal),
    configure,
    listens: (host) => run(...network.on(host, "ss", "-Htnl", "sport", "=", ":179")) !== "",
    async startAgain() {
      if (herald.exitCode === null && herald.signalCode === null) await new Promise((resolve) => herald.once("exit", resolve));
      herald = startHerald();
    },
    endCapture,
    log: () => log,
  };
}

/** The switch sees every frame once. */
async function startCapture(link: string, file: string): Promise<() => Promise<string>> {
  const args = ["-q", "-i", link, "-f", "tcp port 179 or udp port 3784", "-w", file];
  const child = spawn("dumpcap", args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
  await until("capture", async () => said.includes("File: ") || undefined);
  return async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGINT");
    await ended;
    return file;
  };
}

/** One line for each frame in a capture that the filter takes, of fields that are separated by tabs. */
export function readCapture(file: string, filter: string, ...fields: readonly string[]): string[] {
  const args = ["-r", file, "-Y", filter, "-T", "fields", "-E", `aggregator=${SEPARATOR}`, ...fields.flatMap((field) => ["-e", field])];
  const { status, stdout, stderr } = spawnSync("tshark", args, { encoding: "utf8", maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`tshark cannot read the capture: ${stderr}`);
  return stdout.split("\n").filter((line) => line !== "");
}

/** A line for each frame that tshark cannot read or takes for malformed. */
export function malformedIn(file: string): string[] {
  const fields = ["_ws.expert.severity", "_ws.expert.message", "frame.number", "ip.src", "ip.dst", "_ws.col.Info"];
  const lines = readCapture(file, `_ws.malformed || _ws.expert.severity == ${EXPERT_ERROR}`, ...fields);
  return lines.filter((line) => {
    const [severities = "", messages = ""] = line.split("\t");
    const said = messages.split(SEPARATOR);
    const errors = said.filter((_, at) => Number(severities.split(SEPARATOR)[at]) === EXPERT_ERROR);
    return errors.length === 0 || !errors.every(isLong);
  });
}

/** tshark 4.0 takes 4,096 octets for the most that a message may have, also where the peers have agreed on more (RFC 8654). */
function isLong(error: string): boolean {
  const [, octets] = /^Length is invalid (\d+)$/.exec(error) ?? [];
  return Number(octets) > 4096;
}
