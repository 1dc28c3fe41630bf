/** FRR's daemons in a folder of their own, and the shell that asks them. */

import { chownSync } from "node:fs";
import { isUserNamespace } from "../private-network.ts";
import type { Workplace } from "./workplace.ts";

const DAEMONS = "/usr/lib/frr";

export interface FrrDaemons {
  /** Resolves when it answers. */
  start(daemon: string, config: string, ...more: readonly string[]): Promise<void>;
  vtysh(...commands: readonly string[]): Promise<string>;
}

export async function frrDaemons(workplace: Workplace): Promise<FrrDaemons> {
  const user = await giveFolder(workplace);
  const common = ["-P", "0", "--vty_socket", workplace.folder, "-z", workplace.path("zserv.api"), "--log", "stdout", ...user];
  const vtysh = (...commands: readonly string[]) =>
    workplace.ask("vtysh", "--vty_socket", workplace.folder, ...commands.flatMap((command) => ["-c", command]));
  const isUp = (daemon: string) => async () => (await vtysh("show daemons")).includes(daemon);
  return {
    vtysh,
    async start(daemon, config, ...more) {
      const file = workplace.write(`${daemon}.conf`, config, 0o644);
      workplace.start([`${DAEMONS}/${daemon}`, "-f", file, "-i", workplace.path(`${daemon}.pid`), ...common, ...more]);
      await workplace.until(isUp(daemon));
    },
  };
}

/** Gives the flags that say whom the daemons run as: their own user, where there are others than root. */
async function giveFolder(workplace: Workplace): Promise<readonly string[]> {
  if (isUserNamespace()) return ["-u", "root", "-g", "root"];
  const id = async (flag: string) => Number(await workplace.ask("id", flag, "frr"));
  chownSync(workplace.folder, await id("-u"), await id("-g"));
  return [];
}
