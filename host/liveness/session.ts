/** One neighbor that is watched: by whom, how closely, and by which link and ports. */

import type { LivenessProfile, LivenessReport } from "../announcer.ts";
import type { LinkSource } from "../packets/links.ts";
import { type EchoPlace, findEcho, type ReadNeighbors } from "./echo.ts";
import type { BfdPorts, Binding } from "./ports.ts";
import { mergeProfiles, type SessionProfile } from "./profile.ts";
import { toReport } from "./report.ts";
import { EVERY_LINK, type SessionState, writeSession } from "./session-row.ts";
import { findPlace, isLinkLocal, type Neighbor } from "./target.ts";

interface Watcher {
  readonly profile: LivenessProfile;
  readonly call: (report: LivenessReport) => void;
}

export class Session {
  readonly neighbor: Neighbor;
  readonly discriminator: number;
  /** Why this host cannot do its part. */
  problem: string | undefined;
  /** Id of its row, once the program has had it. */
  row: number | undefined;
  /** The row says AdminDown. */
  isEnding = false;
  timer: NodeJS.Timeout | undefined;
  readonly #watchers = new Set<Watcher>();
  #profile: SessionProfile;
  #links = EVERY_LINK;
  #link: string | undefined;
  #binding: Binding | undefined;
  #bound: string | undefined;
  #sendPort: number | undefined;
  #receivePort: number | undefined;
  #echo: EchoPlace | undefined;
  #noEcho: string | undefined;
  #echoLinkId = 0;
  #report: LivenessReport = toReport(undefined, undefined, undefined);

  /** `profile`: the first watcher's. */
  constructor(neighbor: Neighbor, discriminator: number, profile: LivenessProfile) {
    this.neighbor = neighbor;
    this.#profile = mergeProfiles([profile]);
    this.discriminator = discriminator;
  }

  get isWatched(): boolean {
    return this.#watchers.size > 0;
  }

  /** Another link, or another address, may be what it needs. */
  get followsLinks(): boolean {
    const { zone, device } = this.neighbor;
    return zone !== undefined || device !== undefined || this.problem !== undefined;
  }

  /** The only link that its packets come by; undefined: any. */
  get link(): string | undefined {
    return this.#link;
  }

  get sendPort(): number | undefined {
    return this.#sendPort;
  }

  /** Calls back at once. What it gives ends the watch, and is true the first time. */
  watch(profile: LivenessProfile, call: (report: LivenessReport) => void): () => boolean {
    const watcher = { profile, call };
    this.#watchers.add(watcher);
    this.#merge();
    call(this.#report);
    return () => {
      const isFirst = this.#watchers.delete(watcher);
      this.#merge();
      return isFirst;
    };
  }

  /** One that nobody watches any more keeps its timers to the end. */
  #merge(): void {
    if (this.isWatched) this.#profile = mergeProfiles([...this.#watchers].map(({ profile }) => profile));
  }

  unwatch(): void {
    this.#watchers.clear();
  }

  tell(state: SessionState | undefined): void {
    const report = toReport(state, this.problem, this.wantsEcho ? this.#noEcho : undefined);
    if (JSON.stringify(report) === JSON.stringify(this.#report)) return;
    this.#report = report;
    for (const { call } of [...this.#watchers]) call(report);
  }

  get isUp(): boolean {
    return this.#report.state === "up";
  }

  get wantsEcho(): boolean {
    return this.#profile.echoIntervalMs !== undefined;
  }

  /** The link whose frames it needs. */
  get echoLink(): string | undefined {
    return this.#echo?.link;
  }

  /** Finds its link, and what echoes need. Throws where there is no such link now. */
  find(links: LinkSource, readNeighbors: ReadNeighbors): void {
    const { family, isMultihop, localAddress } = this.neighbor;
    const place = findPlace(this.neighbor, links.all());
    const { link, vrf } = place;
    const echo = this.wantsEcho ? findEcho(this.neighbor, place, links.all(), readNeighbors) : undefined;
    this.#echo = typeof echo === "string" ? undefined : echo;
    this.#noEcho = typeof echo === "string" ? echo : "the neighbor sends none of our packets back";
    if (this.#echo !== undefined) this.#echoLinkId = links.id(this.#echo.link);
    this.#link = link;
    this.#links = link === undefined ? EVERY_LINK : 1n << BigInt(links.id(link));
    // A link-local address is one of a link's, and so is a socket that is bound to it.
    const own = localAddress !== undefined && isLinkLocal(localAddress) ? links.all().find(({ name }) => name === link) : undefined;
    this.#binding = { family, isMultihop, localAddress, link: vrf ?? own };
  }

  /** After `find`. A port that is bound to where the session still is stays as it is. */
  async openPorts(ports: BfdPorts): Promise<void> {
    const binding = this.#binding as Binding;
    this.#receivePort = await ports.receiver(binding);
    const wanted = JSON.stringify([binding.localAddress, binding.link?.index]);
    if (this.#sendPort === undefined) this.#sendPort = await ports.sender(binding);
    else if (this.#bound !== wanted) await ports.bindSender(this.#sendPort, binding);
    this.#bound = wanted;
  }

  /** After `openPorts`. */
  toRow(): Uint8Array {
    const { echoIntervalMs: intervalMs, ...profile } = this.#profile;
    return writeSession({
      ...profile,
      echo: this.#echo === undefined || intervalMs === undefined ? undefined : { ...this.#echo, intervalMs, link: this.#echoLinkId },
      discriminator: this.discriminator,
      address: this.neighbor.address,
      links: this.#links,
      isActive: !this.isEnding,
      isMultihop: this.neighbor.isMultihop,
      sendPort: this.#sendPort as number,
      receivePort: this.#receivePort as number,
    });
  }
}
