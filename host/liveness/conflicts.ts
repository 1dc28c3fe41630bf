/**
 * Other stations that use our VIPs (RFC 5227 §2.4 "Ongoing Address Conflict Detection and Address Defense"), for people: who, where, how often.
 *
 * What is done about them, to defend or to yield, is decided in the packet worker. Here each is kept, counted, and told: a stranger at once and
 * then once a minute for each VIP, by a line in the log and a warning on the Services. Another speaker is none as long as the two settle it
 * within seconds, as they do. Kernels that answer for every VIP, since kube-proxy gave it to them, are told once with the remedy.
 *
 * Whoever is on the network can make as many conflicts as it likes, so everything is bounded: VIPs, stations a VIP, and what is told a minute.
 */

import type { Close, Log } from "../announcer.ts";
import type { TellMetric } from "../observe/metrics.ts";
import type { SpeakerMacs } from "./speaker-macs.ts";

/** `stranger`: no speaker that we know of. `speaker`: another node's. `kernel`: another node's kernel, beside the owner's speaker. */
export type ConflictKind = "stranger" | "speaker" | "kernel";

/** Another station announced an address that this node announces. */
export interface Claim {
  /** Canonical text. */
  readonly vip: string;
  readonly link: string;
  /** The other station. */
  readonly mac: string;
  /** Claims of this VIP since the last one that nobody was told of. */
  readonly heldBack: number;
}

/** A station other than the owner answered for an address that another node owns. */
export interface ForeignAnswer {
  readonly vip: string;
  readonly link: string;
  readonly mac: string;
  readonly owner: string;
  readonly isKernel: boolean;
}

/** One station's claims of one VIP. */
export interface Conflict {
  readonly kind: ConflictKind;
  readonly link: string;
  readonly mac: string;
  /** Whose speaker has that MAC. */
  readonly node: string | undefined;
  /** This node's, on that link; empty where the link is gone. */
  readonly ownMac: string;
  readonly count: number;
  /** Of the same clock as `performance.now()`. Without a pause of more than half a minute since. */
  readonly sinceMs: number;
  readonly lastMs: number;
}

/** Tells people of a VIP: as an Event of each Service that is reached there. Never throws, never waits. */
export type WarnOfVip = (vip: string, reason: string, message: string) => void;

export interface ConflictsHost {
  readonly speakers: Pick<SpeakerMacs, "nodeOf">;
  readonly links: { all(): readonly { readonly name: string; readonly mac: string }[] };
  readonly warn: WarnOfVip;
  readonly log: Log;
  readonly clock: { now(): number };
  readonly metrics: { collect(call: (tell: TellMetric) => void): Close };
}

const MOST_VIPS = 4096;
/** Of one VIP. */
const MOST_STATIONS = 16;
const TELL_AGAIN_MS = 60_000;
const MOST_TOLD_A_MINUTE = 100;
/** Two claims that are further apart are two conflicts. */
const PAUSE_MS = 30_000;
/** Two speakers have long settled it by then. */
const SPEAKERS_MS = 10_000;

export const STRICT_ARP =
  "set ipvs.strictARP to true in kube-proxy's config (kubectl -n kube-system edit configmap kube-proxy), and restart kube-proxy";

interface KnownVip {
  /** By link and MAC, the one that was heard last at the end. */
  readonly stations: Map<string, Conflict>;
  readonly counts: Map<ConflictKind, number>;
  toldMs: number;
}

export class Conflicts {
  readonly close: Close;
  readonly #host: ConflictsHost;
  /** The one that was heard last at the end. */
  readonly #vips = new Map<string, KnownVip>();
  #minute = { beganMs: Number.NEGATIVE_INFINITY, told: 0 };
  #hasToldOfKernels = false;

  constructor(host: ConflictsHost) {
    this.#host = host;
    this.close = host.metrics.collect((tell) => {
      for (const [ip, { counts }] of this.#vips)
        for (const [kind, count] of counts) tell("herald_address_claims_total", count, { ip, kind });
    });
  }

  hear({ vip, link, mac, heldBack }: Claim): void {
    const node = this.#host.speakers.nodeOf(mac);
    const conflict = this.#keep(vip, { kind: node === undefined ? "stranger" : "speaker", link, mac, node }, 1 + heldBack);
    const { ownMac, sinceMs, lastMs } = conflict;
    const isOwn = this.#host.links.all().some((own) => own.mac === mac);
    if (isOwn || (node !== undefined && lastMs - sinceMs < SPEAKERS_MS)) {
      const why = isOwn ? "two links of this node are on one network" : "the two settle it";
      this.#host.log.debug("Another speaker announces our address", { vip, link, mac, ownMac, node, why });
      return;
    }
    const who = node === undefined ? "Another station" : `Node ${node}`;
    this.#tell(vip, conflict, `${who} (MAC ${mac}) uses ${vip} on ${link}, which is announced there with MAC ${ownMac}`);
  }

  hearAnswer({ vip, link, mac, owner, isKernel }: ForeignAnswer): void {
    const node = this.#host.speakers.nodeOf(mac);
    const conflict = this.#keep(vip, { kind: isKernel ? "kernel" : "stranger", link, mac, node }, 1);
    if (!isKernel) {
      this.#tell(vip, conflict, `Another station (MAC ${mac}) answers for ${vip} on ${link}, which node ${owner} announces`);
    } else if (!this.#hasToldOfKernels) {
      this.#hasToldOfKernels = true;
      const who = `the kernel of node ${node} (MAC ${mac}) answers for ${vip} on ${link}, which node ${owner} announces`;
      const message = `Nodes answer for addresses that are not theirs: ${who}; kube-proxy runs there in IPVS mode without strictARP: ${STRICT_ARP}`;
      this.#host.log.warn(message, { vip, link, mac, node, owner });
      this.#host.warn(vip, "addressConflict", message);
    }
  }

  /** At most 16 stations, the one that was heard last first. */
  of(vip: string): readonly Conflict[] {
    return [...(this.#vips.get(vip)?.stations.values() ?? [])].reverse();
  }

  #keep(vip: string, heard: Pick<Conflict, "kind" | "link" | "mac" | "node">, count: number): Conflict {
    const known = this.#vips.get(vip) ?? { stations: new Map(), counts: new Map(), toldMs: Number.NEGATIVE_INFINITY };
    putLast(this.#vips, vip, known, MOST_VIPS);
    const { stations, counts } = known;
    const key = `${heard.link} ${heard.mac}`;
    const before = stations.get(key);
    const lastMs = this.#host.clock.now();
    const goesOn = before !== undefined && before.kind === heard.kind && lastMs - before.lastMs <= PAUSE_MS;
    const ownMac = this.#host.links.all().find(({ name }) => name === heard.link)?.mac ?? "";
    const conflict = { ...heard, ownMac, count: (before?.count ?? 0) + count, sinceMs: goesOn ? before.sinceMs : lastMs, lastMs };
    putLast(stations, key, conflict, MOST_STATIONS);
    counts.set(heard.kind, (counts.get(heard.kind) ?? 0) + count);
    return conflict;
  }

  #tell(vip: string, { link, mac, ownMac, node, count, kind }: Conflict, message: string): void {
    const known = this.#vips.get(vip);
    const nowMs = this.#host.clock.now();
    if (known === undefined || nowMs - known.toldMs < TELL_AGAIN_MS) return;
    if (nowMs - this.#minute.beganMs >= TELL_AGAIN_MS) this.#minute = { beganMs: nowMs, told: 0 };
    if (this.#minute.told >= MOST_TOLD_A_MINUTE) return;
    this.#minute.told += 1;
    known.toldMs = nowMs;
    this.#host.log.warn("Another station uses our address", { vip, link, mac, ownMac, node, kind, count });
    this.#host.warn(vip, "addressConflict", message);
  }
}

/** At the end of the map, of which the first goes where it has too many. */
function putLast<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  const [first] = map.keys();
  if (map.size > most && first !== undefined) map.delete(first);
}
