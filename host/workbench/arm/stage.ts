/** Herald on an emulated ARM, with a plugin of somebody else, beside a client and a router of this machine: one switch, started once. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { API_GROUP } from "../../announcer.ts";
import { askControl } from "../../cli/ask-control.ts";
import type { Status } from "../../observe/status.ts";
import { parseMac } from "../../packets/codec/text.ts";
import { everyFrame } from "../../packets/filter.ts";
import { libc } from "../../packets/libc.ts";
import { openPacketSocket } from "../../packets/sockets.ts";
import { Daemon } from "../api-server/daemon.ts";
import { writeNewPlugin } from "../authoring/new-plugin.ts";
import { type Router, startRouter } from "../bgp-peers/routers.ts";
import { linkIndex, PrivateNetwork, run } from "../private-network.ts";
import { findTool } from "../testing/requirements.ts";
import { PROGRAM } from "../testing/running-lab.ts";
import type { ArmProgram } from "./emulation.ts";

export const VIPS = { 4: "192.0.2.240", 6: "2001:db8::f0" } as const;
export const BOX = { address: "192.0.2.11", asNumber: 64512 } as const;
/** Of the plugin's frames (`fixtures/hello/program`). */
const HELLO = { etherType: 0x88b5, whoHas: 1, iHave: 2, kindAt: 14, frameBytes: 60 } as const;
const ROUTER = { address: "192.0.2.1", asNumber: 64513 } as const;
/** An ARM of qemu's starts in ten seconds, and in many more beside other tests. */
const READY_MS = 100_000;
const ANSWER_MS = 200;

const MANIFESTS = [
  {
    apiVersion: "metallb.io/v1beta1",
    kind: "IPAddressPool",
    metadata: { name: "both" },
    spec: { addresses: [`${VIPS[4]}/32`, `${VIPS[6]}/128`] },
  },
  { apiVersion: "metallb.io/v1beta1", kind: "L2Advertisement", metadata: { name: "both" } },
  { apiVersion: "metallb.io/v1beta1", kind: "BGPAdvertisement", metadata: { name: "both" } },
  { apiVersion: `${API_GROUP}/v1alpha1`, kind: "Plugin", metadata: { name: "hello" }, spec: { config: { link: "eth0" } } },
  { apiVersion: `${API_GROUP}/v1alpha1`, kind: "Advertisement", metadata: { name: "both" }, spec: { plugin: "hello" } },
  {
    ...{ apiVersion: "metallb.io/v1beta2", kind: "BGPPeer", metadata: { name: "router" } },
    spec: { myASN: BOX.asNumber, peerASN: ROUTER.asNumber, peerAddress: ROUTER.address },
  },
  {
    ...{ apiVersion: "v1", kind: "Service", metadata: { name: "web" } },
    spec: { type: "LoadBalancer", ipFamilyPolicy: "RequireDualStack", ports: [{ port: 80 }] },
  },
];

export interface ArmStage {
  readonly network: PrivateNetwork;
  readonly router: Router;
  readonly herald: Daemon;
  status(): Promise<Status>;
  /** Whether the plugin's packet program answers who asks for a VIP. */
  helloAnswers(vip: string): Promise<boolean>;
}

/** Rejects, with Herald's log, where it is not up in time. */
export async function startArmStage(program: ArmProgram): Promise<ArmStage> {
  const network = new PrivateNetwork();
  network.addHost("box", `${BOX.address}/24`, "2001:db8::11/64 nodad");
  network.addHost("client", "192.0.2.200/24", "2001:db8::c1/64 nodad");
  network.addHost("router", `${ROUTER.address}/24`);
  const inFolder = (name: string): string => join(program.folder, "run", name);
  mkdirSync(inFolder("manifests"), { recursive: true });
  writeFileSync(inFolder("manifests/all.json"), JSON.stringify({ apiVersion: "v1", kind: "List", items: MANIFESTS }));
  writeNewPlugin({ name: "hello", folder: inFolder("hello"), hasProgram: true });
  const control = inFolder("herald.sock");
  const files = ["--lock", inFolder("herald.lock"), "--cache", inFolder("cache")];
  // Bundled by this machine, as where it is pinned once for boards of all kinds.
  run(process.execPath, PROGRAM, "plugin", "install", inFolder("hello"), ...files);
  const plugin = ["--plugin", inFolder("hello"), `--allow-frame=eth0/0x${HELLO.etherType.toString(16)}`];
  liftNice(inFolder("nice"));
  const flags = [
    "run",
    "--manifests",
    inFolder("manifests"),
    ...files,
    ...plugin,
    "--controller",
    "--node",
    "box",
    "--interface",
    "eth0",
    "--control",
    control,
  ];
  const herald = new Daemon(network.on("box", ...program.herald(...flags)));
  herald.start();
  const router = await startRouter("bird", (...command) => network.on("router", ...command), {
    asNumber: ROUTER.asNumber,
    routerId: "10.0.0.1",
    neighbors: [{ at: { address: BOX.address, localAddress: ROUTER.address }, asNumber: BOX.asNumber, families: [4], passive: true }],
  });
  const status = async (): Promise<Status> => {
    for await (const row of askControl({ control }, { ask: "status" })) return row as Status;
    throw new Error("The Herald that was asked has no status");
  };
  await herald.until(async () => (await status()).isReady, READY_MS);
  return { network, router, herald, status, helloAnswers: (vip) => askHello(network, vip) };
}

/** A plugin's process has the lowest priority: ten times as slow as it is here, it would hardly start beside other tests. */
function liftNice(file: string): void {
  writeFileSync(file, '#!/bin/sh\nshift 2\nexec "$@"\n', { mode: 0o755 });
  run("mount", "--bind", file, findTool("nice") ?? "");
}

/** From the switch itself, which is a station too. */
async function askHello(network: PrivateNetwork, vip: string): Promise<boolean> {
  const link = { name: network.bridge, index: linkIndex(network.bridge) };
  const mac = parseMac(/ether (\S+)/.exec(run("ip", "link", "show", link.name))?.[1] ?? "") ?? new Uint8Array(6);
  const address = vip.split(".").map(Number);
  const fd = openPacketSocket(libc(), link, HELLO.etherType, everyFrame);
  const [question, frame] = [new Uint8Array(HELLO.frameBytes).fill(0xff, 0, 6), new Uint8Array(HELLO.frameBytes)];
  question.set([...mac, HELLO.etherType >> 8, HELLO.etherType & 0xff, HELLO.whoHas, 0, ...address], 6);
  const answer = Buffer.from([HELLO.iHave, 0, ...address]);
  try {
    libc().send(fd, question, question.length, 0);
    await wait(ANSWER_MS);
    while (libc().recv(fd, frame, frame.length, 0) > 0) {
      const isForUs = Buffer.compare(frame.subarray(0, 6), mac) === 0;
      if (isForUs && answer.equals(frame.subarray(HELLO.kindAt, HELLO.kindAt + answer.length))) return true;
    }
    return false;
  } finally {
    libc().close(fd);
  }
}
