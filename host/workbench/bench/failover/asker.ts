/**
 * The cold client of `herald bench failover`: a station that knows nobody, and asks for the VIPs by ARP and NDP each 20 ms. Each answer is by
 * the MAC that it names, so two owners at once are seen; announcements are noted apart.
 */
import { codec } from "../../../packets/codec/codec.ts";
import { frameFilter } from "../../../packets/filter.ts";
import { openFrameTap } from "../../../packets/frame-tap.ts";
import { libc } from "../../../packets/libc.ts";
import { MSG_DONTWAIT } from "../../../packets/socket-numbers.ts";
import { openSendSocket } from "../../../packets/sockets.ts";
import { linkIndex } from "../../private-network.ts";
import { NO_MAC, solicit } from "../../testing/ndp-frames.ts";
import { monotonicMs } from "../answers/arp-station.ts";
import { type Heard, HeardLog, Samples, type Window } from "./samples.ts";
import { serveLines } from "./serve.ts";

export interface AskerSetup {
  readonly mac: string;
  readonly addresses: { readonly 4: string; readonly 6: string };
  readonly vips: readonly string[];
  /** MAC → node. */
  readonly nodes: Readonly<Record<string, string>>;
}

export type AskerTask = { readonly asking: boolean } | { readonly fromMs: number; readonly toMs: number };

export interface ColdWindow extends Window {
  readonly announcedBy: Heard;
}

const ASK_MS = 20;
const BROADCAST = "ff:ff:ff:ff:ff:ff";
const REPLY = 2;
const ARP = { etherType: 0x0806 };
const NDP = { etherType: 0x86dd, ipProtocol: 58 };

interface Asked {
  readonly frame: Uint8Array;
  readonly samples: Samples;
  readonly announcements: HeardLog;
}

export async function runAsker(setup: AskerSetup): Promise<void> {
  const link = { name: "eth0", index: linkIndex("eth0") };
  const send = openSendSocket(libc(), link);
  const asked = new Map(
    setup.vips.map((vip) => [vip, { frame: question(setup, vip), samples: new Samples(), announcements: new HeardLog() }]),
  );
  const note = (fact: Fact | undefined): void => {
    const vip = fact && asked.get(fact.vip);
    if (fact === undefined || vip === undefined || fact.mac === setup.mac) return;
    const name = setup.nodes[fact.mac] ?? fact.mac;
    if (fact.isAnswer) vip.samples.answer(vip.samples.last, name, monotonicMs());
    else vip.announcements.note(name, monotonicMs());
  };
  openFrameTap(libc(), link, (frame) => note(readArp(frame)), frameFilter(ARP));
  openFrameTap(libc(), link, (frame) => note(readAdvertisement(frame)), frameFilter(NDP));
  let isAsking = true;
  setInterval(() => {
    if (!isAsking) return;
    for (const { frame, samples } of asked.values()) {
      samples.send(monotonicMs());
      libc().send(send, frame, frame.length, MSG_DONTWAIT);
    }
  }, ASK_MS);
  await serveLines<AskerTask>((task) => {
    if ("asking" in task) {
      isAsking = task.asking;
      return null;
    }
    const { fromMs, toMs } = task;
    return Array.from(
      asked.values(),
      ({ samples, announcements }: Asked): ColdWindow => ({
        ...samples.window(fromMs, toMs),
        announcedBy: announcements.window(fromMs, toMs),
      }),
    );
  });
}

function question({ mac, addresses }: AskerSetup, vip: string): Uint8Array {
  if (vip.includes(":")) return solicit(vip, { source: mac, sourceAddress: addresses[6] });
  const encoded = codec("arp").encode({
    ...{ destination: BROADCAST, source: mac, operation: 1, senderMac: mac, senderAddress: addresses[4] },
    ...{ targetMac: NO_MAC, targetAddress: vip, trailingBytes: 0 },
  });
  if (!encoded.ok) throw new Error(`Cannot ask for ${vip}: ${encoded.meaning}`);
  return encoded.bytes;
}

interface Fact {
  readonly vip: string;
  readonly mac: string;
  /** To us alone. */
  readonly isAnswer: boolean;
}

function readArp(frame: Uint8Array): Fact | undefined {
  const decoded = codec("arp").decode(frame);
  if (!decoded.ok) return undefined;
  const { operation, senderAddress, senderMac, destination } = decoded.fields;
  return { vip: String(senderAddress), mac: String(senderMac), isAnswer: operation === REPLY && destination !== BROADCAST };
}

function readAdvertisement(frame: Uint8Array): Fact | undefined {
  const decoded = codec("neighbor-advertisement").decode(frame);
  if (!decoded.ok) return undefined;
  const { targetAddress, targetLinkLayerAddress, destination } = decoded.fields;
  return { vip: String(targetAddress), mac: String(targetLinkLayerAddress), isAnswer: !String(destination).startsWith("33:33:") };
}
