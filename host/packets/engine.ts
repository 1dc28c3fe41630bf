/**
 * The packet engine: programs, their ports, and the turn.
 *
 * A turn drains every readable port (receive a batch, let the program turn it into frames to send, send them) and only
 * then runs the programs' timers. It allocates nothing, waits for nothing and knows no thread: a driver in the packet worker
 * (`drivers.ts`) or a test decides when to call it. Everything else that changes the engine comes in as a command
 * between two turns, so a program's table has one writer.
 */

import type { DatagramOptions } from "./datagram-options.ts";
import { DatagramPorts } from "./datagram-ports.ts";
import type { FrameMatch } from "./filter.ts";
import { FramePorts } from "./frame-ports.ts";
import { LinkTable } from "./link-table.ts";
import { type LoadedProgram, PacketProgram, type RawEvent, ROW_BYTES, type RowCounters } from "./program.ts";
import { ProgramCounts, type ProgramStatistics } from "./program-counts.ts";
import type { Source, Wire, WireLink } from "./wire.ts";

interface Running {
  readonly program: LoadedProgram;
  readonly frames: FramePorts;
  readonly datagrams: DatagramPorts;
  readonly counts: ProgramCounts;
}

/**
 * Batches that one port may take in a turn. A batch of 128 replies takes about 0.27 ms, so under a flood the others, the timers and the
 * commands of main wait for 1 ms.
 */
const BATCHES_A_TURN = 4;
/** As `link` of `process`. */
const DATAGRAMS = -1;
/** As the port of a descriptor. */
const FRAMES = 0;

export class PacketEngine {
  readonly #wire: Wire;
  readonly #programs = new Map<string, Running>();
  readonly #onReadable: () => void;
  /** While true nothing is answered or announced; what arrives is thrown away. */
  isMuted = false;
  /** Changes whenever a port was opened or closed. */
  portsVersion = 0;

  /** `onReadable`: a port has frames waiting, so a turn is due. */
  constructor(wire: Wire, onReadable: () => void = () => {}) {
    this.#wire = wire;
    this.#onReadable = onReadable;
  }

  addProgram(name: string, module: WebAssembly.Module, match: FrameMatch | undefined, seed: readonly [number, number]): void {
    if (this.#programs.has(name)) throw new Error(`Cannot load packet program ${name}: it is loaded already`);
    const program = this.load(name, module);
    program.setup(...seed);
    const [links, counts, wire, onReadable] = [new LinkTable(), new ProgramCounts(), this.#wire, this.#onReadable];
    const datagrams = new DatagramPorts(wire, program, links, onReadable);
    const known = match && { ...match, ...(program.icmpTypes && { icmpTypes: program.icmpTypes }) };
    const frames = new FramePorts({ wire, program, match: known, links, counts, onReadable });
    this.#programs.set(name, { program, frames, datagrams, counts });
  }

  protected load(name: string, module: WebAssembly.Module): LoadedProgram {
    return new PacketProgram(name, module);
  }

  /** For code beside the engine, between two turns; undefined: it is not loaded. */
  program(name: string): LoadedProgram | undefined {
    return this.#programs.get(name)?.program;
  }

  /** The program's links that are up, a bit each. */
  linksUp(name: string): bigint {
    return this.#programs.get(name)?.frames.up ?? 0n;
  }

  removeProgram(name: string): void {
    const running = this.#programs.get(name);
    if (running !== undefined) closePorts(running);
    this.#programs.delete(name);
    this.portsVersion++;
  }

  /** Makes the program's ports those of exactly these links. A link whose index, MAC or reception changed is opened anew. */
  attach(name: string, links: readonly WireLink[]): { link: string; error: string }[] {
    this.portsVersion++;
    return this.#running(name).frames.attach(links);
  }

  /** Binds the program's datagram port, and gives its UDP port. What is bound to the same already stays as it is. */
  openDatagrams(name: string, port: number, options: DatagramOptions): number {
    this.portsVersion++;
    return this.#running(name).datagrams.open(port, options);
  }

  /** A port that is not open is fine. */
  closeDatagrams(name: string, port: number): void {
    this.portsVersion++;
    this.#running(name).datagrams.close(port);
  }

  /** `rows`: whole rows, one after another. Gives their ids, -1 where refused, and the refused ones by position. */
  put(name: string, rows: Uint8Array): { ids: Int32Array; refused: { at: number; reason: string }[] } {
    const { program } = this.#running(name);
    const ids = new Int32Array(rows.length / ROW_BYTES);
    const refused: { at: number; reason: string }[] = [];
    for (let at = 0; at < ids.length; at++) {
      const id = program.put(rows.subarray(at * ROW_BYTES, (at + 1) * ROW_BYTES));
      ids[at] = Math.max(id, -1);
      if (id < 0) refused.push({ at, reason: program.refusalName(id) });
    }
    return { ids, refused };
  }

  remove(name: string, rows: Uint8Array): void {
    const { program } = this.#running(name);
    for (let at = 0; at < rows.length; at += ROW_BYTES) program.remove(rows.subarray(at, at + ROW_BYTES));
  }

  /**
   * Drains the ports that said they have frames, or `all`, then runs the timers. Gives true where the next turn should
   * follow at once. `nowMs` is monotonic.
   */
  turn(nowMs: number, all = false): boolean {
    let hasMore = false;
    for (const running of this.#programs.values()) {
      for (const source of running.frames.all()) hasMore = this.#drain(running, source, source.link.id, nowMs, all) || hasMore;
      for (const source of running.datagrams.all()) hasMore = this.#drain(running, source, DATAGRAMS, nowMs, all) || hasMore;
    }
    for (const running of this.#programs.values()) hasMore = this.#runTimers(running, nowMs) || hasMore;
    return hasMore;
  }

  /** Gives true where more may be waiting. */
  #drain(running: Running, source: Source, link: number, nowMs: number, all: boolean): boolean {
    const { program } = running;
    const { port } = source;
    if (port === undefined || !(all || source.isReady)) return false;
    source.isReady = false;
    for (let batch = 0; batch < BATCHES_A_TURN; batch++) {
      const since = performance.now();
      const count = port.receive();
      running.counts.received += count;
      if (count > 0 && !this.isMuted) {
        this.#send(running, program.process(link, count, nowMs), nowMs);
        running.counts.batchSeconds.observe((performance.now() - since) / 1000);
      }
      // What it has sent to itself has made it ready again.
      if (count < program.slots) return source.isReady;
    }
    source.isReady = true;
    return true;
  }

  #runTimers(running: Running, nowMs: number): boolean {
    const { program } = running;
    for (let batch = 0; program.nextTickMs <= nowMs; batch++) {
      if (batch === BATCHES_A_TURN) return true;
      const count = program.tick(nowMs);
      if (!this.isMuted) this.#send(running, count, nowMs);
    }
    return false;
  }

  /** What a turn of that time has made is not sent any more. */
  protected isOver(_turnMs: number): boolean {
    return false;
  }

  /** Sends the program's first `count` slots, each run of slots for one port in one call. */
  #send(running: Running, count: number, nowMs: number): void {
    const { program } = running;
    if (count > 0 && this.isOver(nowMs)) return;
    for (let from = 0; from < count; ) {
      const port = program.sendPort(from);
      const link = program.sendLink(from);
      let to = from + 1;
      while (to < count && program.sendPort(to) === port && (port !== FRAMES || program.sendLink(to) === link)) to++;
      const out = port === FRAMES ? running.frames.get(link) : running.datagrams.get(port);
      const sent = out?.send(from, to) ?? 0;
      running.counts.sent += sent;
      running.counts.unsent += to - from - sent;
      from = to;
    }
  }

  /** When the next timer falls due: 0 at once, infinity never. */
  get nextTickMs(): number {
    let next = Infinity;
    for (const { program } of this.#programs.values()) next = Math.min(next, program.nextTickMs);
    return next;
  }

  /** All open ports that have a file descriptor, for a driver to sleep on. */
  get sources(): Source[] {
    return [...this.#programs.values()].flatMap(sourcesOf).filter(({ port }) => port?.fd !== undefined);
  }

  takeEvents(): { program: string; event: RawEvent }[] {
    const taken: { program: string; event: RawEvent }[] = [];
    for (const [name, { program }] of this.#programs) for (const event of program.takeEvents()) taken.push({ program: name, event });
    return taken;
  }

  /** States of all rows, of each program where one has changed since the last call. */
  takeStates(): { program: string; states: Uint8Array }[] {
    const taken: { program: string; states: Uint8Array }[] = [];
    for (const [name, { program }] of this.#programs) {
      const states = program.takeStates();
      if (states !== undefined) taken.push({ program: name, states });
    }
    return taken;
  }

  statistics(): Record<string, ProgramStatistics> {
    return Object.fromEntries(
      [...this.#programs].map(([name, running]) => {
        for (const { port } of sourcesOf(running)) running.counts.queueFull += port?.takeDrops() ?? 0;
        return [name, running.counts.statistics(running.program)];
      }),
    );
  }

  /** Counters of rows by id. */
  counters(name: string, ids: Int32Array): RowCounters[] {
    const { program } = this.#running(name);
    return Array.from(ids, (id) => program.counters(id));
  }

  close(): void {
    for (const running of this.#programs.values()) closePorts(running);
    this.#programs.clear();
  }

  #running(name: string): Running {
    const running = this.#programs.get(name);
    if (running === undefined)
      throw new Error(`Cannot use packet program ${name}: it is not loaded; loaded are ${[...this.#programs.keys()].join(", ") || "none"}`);
    return running;
  }
}

function sourcesOf({ frames, datagrams }: Running): Source[] {
  return [...frames.all(), ...datagrams.all()];
}

function closePorts({ frames, datagrams }: Running): void {
  frames.closeAll();
  datagrams.closeAll();
}
