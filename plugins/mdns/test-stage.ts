/** For tests: announcements, and this plugin as the host starts it, on the switch of a private network. */

import type { Announcement, Announcer, ServiceInfo } from "../../host/announcer.ts";
import { createMetrics } from "../../host/observe/metrics.ts";
import { memoryFrames } from "../../host/packets/frame-socket.ts";
import { libc } from "../../host/packets/libc.ts";
import { kernelLinks } from "../../host/packets/links.ts";
import { localService } from "../../host/packets/local-service.ts";
import { memoryWire } from "../../host/packets/memory-wire.ts";
import { startPlugin } from "../../host/sandbox/start-plugin.ts";
import { recordedLog } from "../../host/workbench/testing/log.ts";
import { memoryServices } from "../../host/workbench/testing/memory-services.ts";
import type { MdnsAttributes } from "./config.ts";
import plugin from "./plugin.ts";

export function announce(vip: string, services: readonly string[] = ["default/web"], attributes: MdnsAttributes = {}): Announcement {
  return { vip, family: vip.includes(":") ? 6 : 4, links: null, services, attributes: { ...attributes } };
}

export function service(key: string, hostname?: string): ServiceInfo {
  const [namespace = "", name = ""] = key.split("/");
  return { key, namespace, name, annotations: hostname === undefined ? {} : { "herald.dev/hostname": hostname }, ports: [] };
}

export interface Node {
  readonly announcer: Announcer;
  readonly reports: ReadonlyMap<string, string>;
  readonly said: readonly string[];
  stop(): Promise<void>;
}

export async function startNode(...services: readonly ServiceInfo[]): Promise<Node> {
  const wire = memoryWire();
  const { log, lines } = recordedLog();
  const links = kernelLinks(libc());
  const host = { node: "a", packets: localService(wire), frames: memoryFrames(wire), log, metrics: createMetrics(), links };
  const running = await startPlugin(plugin, {}, { ...host, services: memoryServices(services) });
  return {
    announcer: running.announcer,
    reports: running.reports,
    get said() {
      return lines.map(({ message, fields }) => `${message} ${JSON.stringify(fields)}`);
    },
    async stop() {
      await running.announcer.stop("leave");
      await running.close();
      links.close();
    },
  };
}
