/** Real BFD daemons as neighbors, each in a namespace of a private network: FRR's bfdd, and BIRD 2. */

import { chownSync } from "node:fs";
import { Workplace } from "./bgp-peers/workplace.ts";
import { isUserNamespace } from "./private-network.ts";
import { type Requirement, tool } from "./testing/requirements.ts";

export const bfdNeeds: readonly Requirement[] = [tool("vtysh", "frr"), tool("birdc", "bird2")];

/** How a daemon sees its session with us. */
export interface SeenBfd {
  readonly isUp: boolean;
  /** Lower-case words of the daemon's own. */
  readonly state: string;
  readonly text: string;
}

export interface BfdPeer {
  session(neighbor: string): Promise<SeenBfd>;
  /** Everything that it prints about its sessions. */
  show(): Promise<string>;
  /** FRR: configuration commands. BIRD: one command line. */
  tell(...commands: readonly string[]): Promise<void>;
  freeze(): void;
  thaw(): void;
  kill(): Promise<void>;
}

/** zebra and bfdd on the host `name`; `config` are bfdd's lines below `bfd`. */
export async function startFrrBfd(name: string, config: readonly string[]): Promise<BfdPeer> {
  const workplace = on(name);
  const vtysh = (...commands: readonly string[]) =>
    workplace.ask("vtysh", "--vty_socket", workplace.folder, "-d", "bfdd", ...commands.flatMap((command) => ["-c", command]));
  const user = isUserNamespace() ? ["-u", "root", "-g", "root"] : [];
  if (!isUserNamespace()) {
    const [uid, gid] = await Promise.all(["-u", "-g"].map((flag) => workplace.ask("id", flag, "frr")));
    chownSync(workplace.folder, Number(uid), Number(gid));
  }
  const files = ["-z", workplace.path("zserv"), "--vty_socket", workplace.folder, "-P", "0", "--log", "stdout", ...user];
  for (const [daemon, lines, ...more] of [
    ["zebra", ""],
    ["bfdd", ["bfd", ...config, ""].join("\n"), "--bfdctl", workplace.path("bfdctl")],
  ] as const) {
    const file = workplace.write(`${daemon}.conf`, lines, 0o644);
    workplace.start([`/usr/lib/frr/${daemon}`, "-f", file, "-i", workplace.path(`${daemon}.pid`), ...files, ...more]);
    await workplace.until(async () =>
      (await workplace.ask("vtysh", "--vty_socket", workplace.folder, "-c", "show daemons")).includes(daemon),
    );
  }
  return {
    async session(neighbor) {
      const all = JSON.parse(await vtysh("show bfd peers json")) as { peer: string; status: string }[];
      const found = all.find(({ peer }) => peer === neighbor);
      return { isUp: found?.status === "up", state: found?.status ?? "none", text: JSON.stringify(found) };
    },
    show: () => vtysh("show bfd peers"),
    tell: async (...commands) => void (await vtysh("configure terminal", "bfd", ...commands)),
    ...processes(workplace),
  };
}

/** `config` goes into `protocol bfd`. */
export async function startBirdBfd(name: string, config: readonly string[]): Promise<BfdPeer> {
  const workplace = on(name);
  const lines = ["router id 10.0.0.2;", "log stderr all;", "protocol device {}", "protocol bfd {", ...config, "}", ""];
  const control = workplace.path("bird.ctl");
  const file = workplace.write("bird.conf", lines.join("\n"));
  workplace.start(["bird", "-f", "-c", file, "-s", control, "-P", workplace.path("bird.pid")]);
  const ask = (...words: readonly string[]) => workplace.ask("birdc", "-s", control, ...words);
  await workplace.until(async () => (await ask("show", "status")).includes("Daemon is up"));
  const show = () => ask("show", "bfd", "sessions");
  return {
    async session(neighbor) {
      const line = (await show()).split("\n").find((text) => text.startsWith(`${neighbor} `)) ?? "";
      const state = line.split(/ +/)[2]?.toLowerCase() ?? "none";
      return { isUp: state === "up", state, text: line };
    },
    show,
    tell: async (...words) => void (await ask(...words)),
    ...processes(workplace),
  };
}

function on(name: string): Workplace {
  return new Workplace((...command) => ["nsenter", `--net=/run/netns/${name}`, ...command]);
}

function processes(workplace: Workplace): Pick<BfdPeer, "freeze" | "thaw" | "kill"> {
  return {
    freeze: () => workplace.signal("SIGSTOP"),
    thaw: () => workplace.signal("SIGCONT"),
    kill: () => workplace.end("SIGKILL"),
  };
}
