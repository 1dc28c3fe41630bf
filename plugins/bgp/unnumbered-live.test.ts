/** BGP unnumbered with FRR on the other end of a real link: both find each other by Router Advertisements alone. */
import { type ChildProcess, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createMetrics } from "../../host/observe/metrics.ts";
import { kernelFrames } from "../../host/packets/frame-socket.ts";
import { libc } from "../../host/packets/libc.ts";
import { kernelLinks } from "../../host/packets/links.ts";
import { localService } from "../../host/packets/local-service.ts";
import { memoryWire } from "../../host/packets/memory-wire.ts";
import { startPlugin } from "../../host/sandbox/start-plugin.ts";
import { ipBatch, isUserNamespace, run } from "../../host/workbench/private-network.ts";
import { insideTests } from "../../host/workbench/testing/inside.ts";
import { recordedLog } from "../../host/workbench/testing/log.ts";
import { until } from "../../host/workbench/testing/promises.ts";
import type { Requirement } from "../../host/workbench/testing/requirements.ts";
import bgp from "./plugin.ts";

const LIVE = suite("bgp unnumbered, live");
const inside = insideTests(LIVE, import.meta.url);

const DAEMONS = "/usr/lib/frr";
const frr: Requirement = { what: "FRR", remedy: "apt-get install frr", isMet: () => existsSync(`${DAEMONS}/bgpd`) };
const PATIENCE_MS = 20_000;

/** zebra, which sends the advertisements, and bgpd on the far end of the link `near`. */
async function startFrr(folder: string): Promise<{ session(): string; stop(): void }> {
  const user = isUserNamespace() ? ["root", "root"] : ["frr", "frr"];
  const [uid, gid] = ["-u", "-g"].map((flag) => Number(run("id", flag, user[0] as string)));
  chownSync(folder, uid as number, gid as number);
  writeFileSync(join(folder, "zebra.conf"), "");
  writeFileSync(join(folder, "bgpd.conf"), "router bgp 65001\n bgp router-id 192.0.2.101\n neighbor far interface remote-as external\n");
  const ask = (command: string) => run("vtysh", "--vty_socket", folder, "-c", command);
  const isUp = (daemon: string) => {
    try {
      return ask("show daemons").includes(daemon);
    } catch {
      return false;
    }
  };
  const daemons: ChildProcess[] = [];
  for (const daemon of ["zebra", "bgpd"]) {
    const files = ["-f", join(folder, `${daemon}.conf`), "-i", join(folder, `${daemon}.pid`), "-z", join(folder, "zserv")];
    const flags = ["-P", "0", "--vty_socket", folder, "-u", user[0] as string, "-g", user[1] as string];
    daemons.push(spawn("nsenter", ["--net=/run/netns/router", `${DAEMONS}/${daemon}`, ...files, ...flags], { stdio: "ignore" }));
    await until(() => isUp(daemon), PATIENCE_MS);
  }
  return {
    session: () => JSON.parse(ask("show bgp neighbors far json"))["far"],
    stop: () => void daemons.map((daemon) => daemon.kill("SIGKILL")),
  };
}

inside("a session with FRR comes up on a link that is named alone", [frr], async () => {
  const folder = mkdtempSync(join(tmpdir(), "herald-unnumbered-"));
  ipBatch(["netns add router", "link add near type veth peer name far netns router", "link set near up"]);
  ipBatch(["link set lo up", "link set far up"], "-n", "router");
  const { log, lines } = recordedLog();
  const links = kernelLinks(libc());
  const router = await startFrr(folder);
  const peer = { name: "router", myAs: 64500, peerAs: 65001, at: { link: "near" }, port: 179, multihop: false, gracefulRestart: false };
  const rest = { dualStack: false, passive: false, delayOpenSeconds: 0, nodeSelectors: [], holdTimeSeconds: 9, keepaliveSeconds: 3 };
  const host = { node: "node-a", packets: localService(memoryWire()), links, frames: kernelFrames(libc()), log, metrics: createMetrics() };
  const plugin = await startPlugin(bgp, { peers: [{ ...peer, ...rest }], profiles: [], nodeAddresses: [] }, host);
  await plugin.announcer.apply({ added: [], changed: [], removed: [] });
  try {
    await until(() => plugin.reports.get("router")?.startsWith("established") === true, PATIENCE_MS);
    assert.match(JSON.stringify(router.session()), '"bgpState":"Established"');
  } catch (error) {
    throw new Error(`${JSON.stringify([...plugin.reports])} ${JSON.stringify(lines)} ${JSON.stringify(router.session())}`, {
      cause: error,
    });
  } finally {
    await plugin.announcer.stop("leave");
    await plugin.close();
    links.close();
    router.stop();
    rmSync(folder, { recursive: true });
  }
});

LIVE.run();
