/**
 * A network of our own: everything that the workbench sends travels in namespaces that this run made, and that vanish with it.
 *
 * `enter` starts a program of ours in new network, mount and process namespaces, as root or, without root, in a user namespace
 * too. The mount namespace gets an empty `/run`, so `ip netns` names are private; the process namespace makes the started
 * program its init, so when that ends, however it ends, the kernel ends everything inside, and with the last process go the
 * interfaces. A pipe held by the outer process is the life line: when it closes (we were told to stop, or died), the
 * program inside stops.
 */

import { spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, readlinkSync } from "node:fs";
import { Socket } from "node:net";

const LIFE_LINE_FD = 3;
/** The outer `/proc`, whose `self` says by which number the outer world knows a process of ours. */
export const OUTER_PROC_FD = 4;
/** A Ctrl-C under npm comes twice: from the terminal and from npm. */
const ONE_SIGNAL_MS = 500;
const INSIDE = "HERALD_PRIVATE_NETWORK";

const NAMESPACES = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
const AS_ROOT = ["--user", "--map-root-user"];
const PREPARE = "mount -t tmpfs tmpfs /run && ip link set lo up";

/** `missingTools`: programs that would have to be installed first. */
export type Way = { ok: true; unshare: readonly string[] } | { ok: false; reason: string; missingTools: readonly string[] };

const TOOLS = ["unshare", "nsenter", "mount", "ip"];

let found: Way | undefined;

/** How to get a private network here: tried with a real veth pair, since every other sign may lie. */
export function findWay(): Way {
  found ??= tryWays();
  return found;
}

/** The same in a user namespace, also as root: what the kernel keeps there, such as binfmt_misc, is then ours alone. */
export function inUserNamespace(way: Way): Way {
  return way.ok && !way.unshare.includes("--user") ? { ...way, unshare: [...AS_ROOT, ...way.unshare] } : way;
}

function tryWays(): Way {
  if (process.platform !== "linux")
    return { ok: false, reason: `network namespaces are a feature of Linux, this is ${process.platform}`, missingTools: [] };
  const missingTools = TOOLS.filter((name) => spawnSync(name, ["--version"], { env: environment() }).error !== undefined);
  if (missingTools.length > 0) return { ok: false, reason: `there is no ${missingTools.join(", no ")}`, missingTools };
  const ways = process.getuid?.() === 0 ? [NAMESPACES, [...AS_ROOT, ...NAMESPACES]] : [[...AS_ROOT, ...NAMESPACES]];
  let reason = "";
  for (const unshare of ways) {
    const script = `${PREPARE} && ip link add herald-try0 type veth peer name herald-try1`;
    const { status, stderr, error } = spawnSync("unshare", [...unshare, "sh", "-c", script], {
      encoding: "utf8",
      timeout: 10_000,
      env: environment(),
    });
    if (status === 0) return { ok: true, unshare };
    reason ||= error?.message ?? (stderr.trim().split("\n").at(-1) || `unshare ended with ${status}`);
  }
  return { ok: false, reason, missingTools: [] };
}

/** On Debian a plain user's path lacks the folders where `ip` and others may be. */
function environment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin` };
}

export function isInside(): boolean {
  return process.env[INSIDE] !== undefined;
}

/** Inside: root here is an ordinary user outside. */
export function isUserNamespace(): boolean {
  return process.env[INSIDE] === "user";
}

/**
 * Runs this program again inside a private network, with these arguments, and gives its exit code. SIGINT and SIGTERM let go of
 * the life line; one more, a moment later, kills.
 */
export async function enter(way: Way & { ok: true }, args: readonly string[]): Promise<number> {
  const command = [...way.unshare, "sh", "-c", `${PREPARE} && exec "$@"`, "herald", process.execPath, ...process.execArgv, ...args];
  const proc = openSync("/proc", "r");
  const child = spawn("unshare", command, {
    stdio: ["ignore", "inherit", "inherit", "pipe", proc],
    detached: true,
    env: { ...environment(), [INSIDE]: way.unshare.includes("--user") ? "user" : "root" },
  });
  closeSync(proc);
  const lifeLine = child.stdio[LIFE_LINE_FD] as Socket;
  lifeLine.on("error", () => {});
  let letGoMs = 0;
  const letGo = (): void => {
    if (lifeLine.destroyed && performance.now() - letGoMs > ONE_SIGNAL_MS) child.kill("SIGKILL");
    if (lifeLine.destroyed) return;
    letGoMs = performance.now();
    lifeLine.destroy();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, letGo);
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve(code ?? (signal === "SIGKILL" ? 137 : 1)));
    });
  } finally {
    for (const signal of signals) process.removeListener(signal, letGo);
    lifeLine.destroy();
  }
}

/** Inside: calls back once when the outer process lets go. */
export function onLetGo(call: () => void): void {
  const lifeLine = new Socket({ fd: LIFE_LINE_FD, readable: true, writable: false });
  lifeLine.resume();
  lifeLine.unref();
  lifeLine.once("close", call);
}

/** Inside, in a process that was handed `OUTER_PROC_FD`: its number outside, where `nsenter` can be given it. */
export function outerPid(): number {
  return Number(readlinkSync(`/proc/self/fd/${OUTER_PROC_FD}/self`));
}

/** Runs one command inside; throws with what it said where it fails. */
export function run(file: string, ...args: readonly string[]): string {
  return feed("", file, ...args);
}

/** What the kernel calls a link of the namespace that this process is in, or that `options` of `ip` name. */
export function linkIndex(name: string, ...options: readonly string[]): number {
  const [link] = JSON.parse(run("ip", ...options, "-json", "link", "show", name)) as { ifindex: number }[];
  if (link === undefined) throw new Error(`There is no interface ${name}${options.length > 0 ? ` (ip ${options.join(" ")})` : ""}`);
  return link.ifindex;
}

/** Many `ip` commands in one process; stops at the first that fails. */
export function ipBatch(commands: readonly string[], ...options: readonly string[]): void {
  if (commands.length > 0) feed(`${commands.join("\n")}\n`, "ip", ...options, "-batch", "-");
}

function feed(input: string, file: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: "utf8", input });
  if (status === 0) return stdout;
  throw new Error(`Cannot run ${[file, ...args].join(" ")}: ${error?.message ?? stderr.trim()}`);
}

/** Named hosts on one switch, each a network namespace. */
export class PrivateNetwork {
  /** The switch sees every frame once, as a capture on it does. */
  readonly bridge = "switch0";
  readonly #ports = new Map<string, string>();
  #count = 0;

  constructor() {
    ipBatch([`link add ${this.bridge} type bridge mcast_snooping 1`, `link set ${this.bridge} promisc on up`]);
  }

  /** A host with `eth0` on the switch and addresses (`192.0.2.1/24`, `2001:db8::1/64 nodad`), all up. The name must be fit for a file. */
  addHost(name: string, ...addresses: readonly string[]): void {
    const port = `port${++this.#count}`;
    this.#ports.set(name, port);
    ipBatch([`netns add ${name}`, `link add ${port} type veth peer name eth0 netns ${name}`, `link set ${port} master ${this.bridge} up`]);
    ipBatch(["link set lo up", "link set eth0 up", ...addresses.map((address) => `address add ${address} dev eth0`)], "-n", name);
  }

  /** The processes on it must have ended; what holds it otherwise keeps it alive unseen. */
  removeHost(name: string): void {
    this.ip(name, "link", "delete", "eth0");
    run("ip", "netns", "delete", name);
  }

  /** The switch's end of the host's cable. */
  port(host: string): string {
    return this.#ports.get(host) ?? "";
  }

  ip(host: string, ...args: readonly string[]): string {
    return run("ip", "-n", host, ...args);
  }

  /** The command line that runs a command on a host. */
  on(host: string, ...command: readonly string[]): [string, ...string[]] {
    return ["nsenter", `--net=/run/netns/${host}`, ...command];
  }

  mac(host: string): string {
    const [link] = JSON.parse(this.ip(host, "-json", "link", "show", "eth0")) as { address: string }[];
    return link?.address ?? "";
  }

  /** The host's link, as a process there opens it. */
  link(host: string): { name: string; index: number } {
    return { name: "eth0", index: linkIndex("eth0", "-n", host) };
  }
}
