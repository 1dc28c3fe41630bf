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
import { Socket } from "node:net";

const LIFE_LINE_FD = 3;
const INSIDE = "HERALD_PRIVATE_NETWORK";

const NAMESPACES = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
const AS_ROOT = ["--user", "--map-root-user"];
const PREPARE = "mount -t tmpfs tmpfs /run && ip link set lo up";

export type Way = { ok: true; unshare: readonly string[] } | { ok: false; reason: string };

let found: Way | undefined;

/** How to get a private network here: tried with a real veth pair, since every other sign may lie. */
export function findWay(): Way {
  found ??= tryWays();
  return found;
}

function tryWays(): Way {
  if (process.platform !== "linux") return { ok: false, reason: `network namespaces are a feature of Linux, this is ${process.platform}` };
  const ways = process.getuid?.() === 0 ? [NAMESPACES, [...AS_ROOT, ...NAMESPACES]] : [[...AS_ROOT, ...NAMESPACES]];
  let reason = "";
  for (const unshare of ways) {
    const script = `${PREPARE} && ip link add herald-try0 type veth peer name herald-try1`;
    const { status, stderr, error } = spawnSync("unshare", [...unshare, "sh", "-c", script], { encoding: "utf8", timeout: 10_000 });
    if (status === 0) return { ok: true, unshare };
    reason ||= error?.message ?? (stderr.trim().split("\n").at(-1) || `unshare ended with ${status}`);
  }
  return { ok: false, reason };
}

export function isInside(): boolean {
  return process.env[INSIDE] === "1";
}

/**
 * Runs this program again inside a private network, with these arguments, and gives its exit code. SIGINT and SIGTERM let go of
 * the life line; a second one kills.
 */
export async function enter(way: Way & { ok: true }, args: readonly string[]): Promise<number> {
  const command = [...way.unshare, "sh", "-c", `${PREPARE} && exec "$@"`, "herald", process.execPath, ...process.execArgv, ...args];
  const child = spawn("unshare", command, { stdio: ["ignore", "inherit", "inherit", "pipe"], detached: true, env: { ...process.env, [INSIDE]: "1" } });
  const lifeLine = child.stdio[LIFE_LINE_FD] as Socket;
  lifeLine.on("error", () => {});
  const letGo = (): void => {
    if (lifeLine.destroyed) child.kill("SIGKILL");
    else lifeLine.destroy();
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

/** Runs one command inside; throws with what it said where it fails. */
export function run(file: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: "utf8" });
  if (status === 0) return stdout;
  throw new Error(`Cannot run ${[file, ...args].join(" ")}: ${error?.message ?? stderr.trim()}`);
}

/** Named hosts on one switch, each a network namespace. */
export class PrivateNetwork {
  readonly #bridge = "switch0";

  constructor() {
    run("ip", "link", "add", this.#bridge, "type", "bridge", "mcast_snooping", "1");
    run("ip", "link", "set", this.#bridge, "up");
  }

  /** A host with `eth0` on the switch and an address (`192.0.2.1/24`), all up. Interface names are at most 15 bytes. */
  addHost(name: string, address?: string): void {
    const port = `p-${name}`.slice(0, 15);
    run("ip", "netns", "add", name);
    run("ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name);
    run("ip", "link", "set", port, "master", this.#bridge, "up");
    this.ip(name, "link", "set", "lo", "up");
    this.ip(name, "link", "set", "eth0", "up");
    if (address !== undefined) this.ip(name, "address", "add", address, "dev", "eth0");
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
}
