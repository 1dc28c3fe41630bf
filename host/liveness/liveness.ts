/**
 * Liveness: BFD sessions for whoever wants to know quickly whether a neighbor lives.
 *
 * A watch names a neighbor, how quickly its death is to be noticed, and whom to tell. Watches of one neighbor share a session, with the
 * quickest timers that any of them asks for. The session itself lives in the packet worker, as a row of packet program `bfd`
 * (`wasm/programs/bfd.ts`): packets, timers and the state machine of RFC 5880 are there, and go on while this thread is busy. What comes back is a
 * level, the states of all sessions after each turn that changed one, from which each watch is told what is new.
 *
 * The program is loaded with the first session and unloaded with the last, and so are its UDP ports: 3784 for one hop (RFC 5881), 4784 for several
 * (RFC 5883), for each family, local address and VRF that a session asks for; each session sends from a port of its own. Whatever
 * stands in the way (a link that is not there, another BFD daemon on the port) is the session's reason to be down, and is tried again. The
 * last watch to close makes the session say AdminDown for as long as a few packets take; then it is forgotten.
 *
 * Everything that changes the program goes through one queue, in which a session is brought to what is wanted of it now, whatever that was
 * when it got in. The Echo function (RFC 5880 §6.4) is for one hop of IPv4, where the neighbor's kernel forwards; a session that should have it
 * and cannot says why in its reason, and does without. Left out: authentication.
 */

import type { Close, Liveness, LivenessProfile, LivenessReport, LivenessTarget, Log } from "../announcer.ts";
import type { LinkSource } from "../packets/links.ts";
import type { PacketService } from "../packets/service.ts";
import { loadModule } from "../packets/wasm.ts";
import { kernelNeighbors, type ReadNeighbors } from "./echo.ts";
import { BfdPorts } from "./ports.ts";
import { checkProfile } from "./profile.ts";
import { Session } from "./session.ts";
import { readStates, type SessionState } from "./session-row.ts";
import { readTarget } from "./target.ts";

const PROGRAM = "bfd";
/** Frames of echoes that come back; nothing else reaches the program, and only from links that a session with echoes is on. */
const ECHO_FRAMES = { etherType: 0x0800, ipProtocol: 17, udpPort: 3785 };
const RETRY_MS = 5000;
/** How often the neighbor's MAC is looked up, which echoes are sent to. */
const ECHO_CHECK_MS = 1000;
/** The program says AdminDown four times, at most a second apart. */
const FAREWELL_MS = 3500;

export interface LivenessHost {
  readonly packets: PacketService;
  readonly links: LinkSource;
  readonly log: Log;
  /** Default: the kernel's. */
  readonly readNeighbors?: ReadNeighbors;
}

/** Packets since the session began, and how often it came up and went down. */
export interface SessionCounts {
  readonly address: string;
  /** The link or VRF that the neighbor was looked for behind. */
  readonly device: string | undefined;
  readonly isUp: boolean;
  readonly received: number;
  readonly sent: number;
  readonly ups: number;
  readonly downs: number;
}

export class LivenessService implements Liveness {
  readonly #host: LivenessHost;
  readonly #sessions = new Map<string, Session>();
  readonly #closes: readonly Close[];
  #states: ReadonlyMap<number, SessionState> = new Map();
  /** Undefined: the program is not loaded. */
  #ports: BfdPorts | undefined;
  #queue: Promise<void> = Promise.resolve();
  #hasEnded = false;

  constructor(host: LivenessHost) {
    this.#host = host;
    this.#closes = [
      host.packets.onStates((program, states) => program === PROGRAM && this.#hear(readStates(states))),
      host.links.watch(() => {
        for (const session of this.#sessions.values()) if (session.isWatched && session.followsLinks) this.#enqueue(session);
      }),
    ];
  }

  /** Throws on a target or profile that no session can have. */
  watch(target: LivenessTarget, profile: LivenessProfile, call: (report: LivenessReport) => void): Close {
    if (this.#hasEnded) throw new Error(`Cannot watch ${target.address}: Herald is stopping`);
    const neighbor = readTarget(target);
    checkProfile(profile);
    let session = this.#sessions.get(neighbor.key);
    if (session === undefined) {
      session = new Session(neighbor, this.#newDiscriminator(), profile);
      this.#sessions.set(neighbor.key, session);
    }
    const close = session.watch(profile, call);
    this.#enqueue(session);
    return () => {
      if (close()) this.#enqueue(session);
    };
  }

  /** Of the session with that neighbor, for who follows its states by itself; undefined: nobody watches it. */
  discriminator(target: LivenessTarget): number | undefined {
    const session = this.#sessions.get(readTarget(target).key);
    return session?.isWatched === true ? session.discriminator : undefined;
  }

  /** How many sessions there are, those that say farewell among them. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Every session that is watched, with what went over it. */
  async counts(): Promise<SessionCounts[]> {
    const sessions = [...this.#sessions.values()].filter(({ isWatched }) => isWatched);
    const rows = sessions.flatMap(({ row }) => row ?? []);
    const counters = rows.length === 0 ? [] : await this.#host.packets.counters(PROGRAM, Int32Array.from(rows));
    const byRow = new Map(rows.map((row, at) => [row, counters[at]]));
    return sessions.map(({ neighbor, isUp, row }) => {
      const { answered = 0, unanswered = 0, announced = 0, conflicts = 0 } = byRow.get(row ?? -1) ?? {};
      const { address, device } = neighbor;
      // What this program counts in the four places (`wasm/programs/bfd/memory.ts`).
      return { address, device, isUp, received: answered, sent: unanswered, ups: announced, downs: conflicts };
    });
  }

  /** Ends every session: each neighbor is told AdminDown once. The program is left to the end of the packet service. */
  async stop(): Promise<void> {
    this.#hasEnded = true;
    for (const session of this.#sessions.values()) {
      session.unwatch();
      this.#enqueue(session);
    }
    await this.#queue;
    for (const session of this.#sessions.values()) clearTimeout(session.timer);
    for (const close of this.#closes) close();
    // A call that is answered says that the turn of those before it is over: the farewells have left.
    if (this.#ports !== undefined) await this.#host.packets.statistics().catch(() => {});
  }

  #hear(states: ReadonlyMap<number, SessionState>): void {
    this.#states = states;
    for (const session of this.#sessions.values()) session.tell(states.get(session.discriminator));
  }

  #enqueue(session: Session): void {
    clearTimeout(session.timer);
    this.#queue = this.#queue
      .then(() => (session.isWatched ? this.#keep(session) : this.#end(session)))
      .catch((error: Error) => this.#host.log.error("BFD session is not as it should be", { error: error.message }));
  }

  async #keep(session: Session): Promise<void> {
    const { packets, links } = this.#host;
    try {
      if (this.#ports === undefined) {
        const [low = 0, high = 0] = crypto.getRandomValues(new Uint32Array(2));
        await packets.addProgram(PROGRAM, loadModule(PROGRAM), ECHO_FRAMES, [low, high]);
        this.#ports = new BfdPorts(packets, PROGRAM);
      }
      session.find(links, this.#host.readNeighbors ?? kernelNeighbors);
      await this.#attach();
      await session.openPorts(this.#ports);
      session.isEnding = false;
      await this.#put(session);
      session.problem = undefined;
      if (session.wantsEcho) this.#later(session, ECHO_CHECK_MS);
    } catch (error) {
      session.problem = (error as Error).message;
      this.#later(session, RETRY_MS);
    }
    session.tell(this.#states.get(session.discriminator));
  }

  /** The program knows those links that sessions are bound to. */
  async #attach(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    const echoing = new Set(sessions.flatMap(({ echoLink }) => echoLink ?? []));
    const names = new Set([...sessions.flatMap(({ link }) => link ?? []), ...echoing]);
    const links = this.#host.links.all().filter(({ name }) => names.has(name));
    await this.#host.packets.attach(
      PROGRAM,
      links.map((link) => ({ ...link, frames: echoing.has(link.name) })),
    );
  }

  async #put(session: Session): Promise<void> {
    const { ids, refused } = await this.#host.packets.put(PROGRAM, session.toRow());
    for (const { reason } of refused) throw new Error(`The table of sessions refused it: ${reason}`);
    session.row = ids[0];
  }

  /** Says farewell first, and forgets the session afterwards. */
  async #end(session: Session): Promise<void> {
    if (this.#sessions.get(session.neighbor.key) !== session) return;
    if (session.row !== undefined && !session.isEnding) {
      session.isEnding = true;
      await this.#put(session);
      this.#later(session, FAREWELL_MS);
      return;
    }
    this.#sessions.delete(session.neighbor.key);
    if (session.row !== undefined) await this.#host.packets.remove(PROGRAM, session.toRow());
    if (session.sendPort !== undefined) await this.#ports?.closeSender(session.sendPort);
    if (this.#sessions.size > 0 || this.#ports === undefined) return;
    this.#ports = undefined;
    await this.#host.packets.removeProgram(PROGRAM);
  }

  #later(session: Session, delayMs: number): void {
    if (this.#hasEnded) return;
    session.timer = setTimeout(() => this.#enqueue(session), delayMs).unref();
  }

  /** RFC 5880 §6.8.1: unique on this system, not 0, and better not guessed. */
  #newDiscriminator(): number {
    for (;;) {
      const [discriminator = 0] = crypto.getRandomValues(new Uint32Array(1));
      if (discriminator !== 0 && ![...this.#sessions.values()].some((session) => session.discriminator === discriminator))
        return discriminator;
    }
  }
}
