/** For tests in a private network: this plugin as the host starts it, on the switch of the network, and routers beside it. */

import type { Announcement, Announcer } from "../../host/announcer.ts";
import { createMetrics } from "../../host/observe/metrics.ts";
import { memoryFrames } from "../../host/packets/frame-socket.ts";
import { libc } from "../../host/packets/libc.ts";
import { kernelLinks } from "../../host/packets/links.ts";
import { localService } from "../../host/packets/local-service.ts";
import { memoryWire } from "../../host/packets/memory-wire.ts";
import { startPlugin } from "../../host/sandbox/start-plugin.ts";
import { PrivateNetwork, run } from "../../host/workbench/private-network.ts";
import { recordedLog } from "../../host/workbench/testing/log.ts";
import { memorySecrets } from "../../host/workbench/testing/secrets.ts";
import type { RipAttributes, RipConfig } from "./config.ts";
import plugin from "./plugin.ts";

export const NODE = "192.0.2.1";
/** By what runs on them. */
export const ROUTERS = { frr: "192.0.2.253", bird: "192.0.2.254" } as const;
export const SECRET = "rip-key";

export function announce(vip: string, attributes: RipAttributes = {}): Announcement {
  return { vip, family: vip.includes(":") ? 6 : 4, links: null, services: ["default/web"], attributes: { ...attributes } };
}

/** The switch is a link of the node; each router has its own end of a cable. */
export function makeNetwork(): PrivateNetwork {
  const network = new PrivateNetwork();
  run("ip", "address", "add", `${NODE}/24`, "dev", network.bridge);
  run("ip", "link", "set", network.bridge, "up");
  for (const [name, address] of Object.entries(ROUTERS)) network.addHost(name, `${address}/24`);
  return network;
}

export interface Node {
  readonly announcer: Announcer;
  readonly said: readonly string[];
  /** As after kill -9: sockets close, and nothing is said. */
  crash(): Promise<void>;
  stop(why: "leave" | "replace"): Promise<void>;
}

export async function startNode(config: RipConfig, key?: string): Promise<Node> {
  const wire = memoryWire();
  const { log, lines } = recordedLog();
  const links = kernelLinks(libc());
  const secrets = memorySecrets(key === undefined ? {} : { [SECRET]: key });
  const host = { node: "a", packets: localService(wire), frames: memoryFrames(wire), log, metrics: createMetrics(), secrets };
  const running = await startPlugin(plugin, config, { ...host, links });
  const crash = async (): Promise<void> => {
    await running.close();
    links.close();
  };
  return {
    announcer: running.announcer,
    get said() {
      return lines.map(({ message, fields }) => `${message} ${JSON.stringify(fields)}`);
    },
    crash,
    async stop(why) {
      await running.announcer.stop(why);
      await crash();
    },
  };
}
