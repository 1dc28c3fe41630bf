/** The frame ports of one program, one for each link that is up. */

import { type FrameMatch, frameFilter } from "./filter.ts";
import type { LinkTable } from "./link-table.ts";
import type { LoadedProgram } from "./program.ts";
import type { ProgramCounts } from "./program-counts.ts";
import type { FramePort, Source, Wire, WireLink } from "./wire.ts";

export interface Attachment extends Source {
  link: WireLink;
}

export interface FramePortsSetup {
  readonly wire: Wire;
  readonly program: LoadedProgram;
  /** Undefined: no frames, so that attached links are only known. */
  readonly match: FrameMatch | undefined;
  readonly links: LinkTable;
  /** What the kernel has dropped until a port closes is counted. */
  readonly counts: ProgramCounts;
  readonly onReadable: () => void;
}

export class FramePorts {
  readonly #setup: FramePortsSetup;
  /** By the ids of links. */
  readonly #attachments = new Map<number, Attachment>();

  constructor(setup: FramePortsSetup) {
    this.#setup = setup;
  }

  /** Makes the ports those of exactly these links. A link whose index, MAC or reception changed is opened anew. */
  attach(links: readonly WireLink[]): { link: string; error: string }[] {
    const failures: { link: string; error: string }[] = [];
    const wanted = new Map(links.map((link) => [link.id, link]));
    for (const [id, attachment] of this.#attachments) {
      if (wanted.has(id)) continue;
      this.#close(attachment);
      this.#attachments.delete(id);
      this.#setup.program.setLink(id, "", false);
    }
    for (const link of wanted.values()) {
      try {
        this.#attachOne(link);
      } catch (error) {
        failures.push({ link: link.name, error: (error as Error).message });
      }
    }
    this.#setup.links.all = [...wanted.values()];
    return failures;
  }

  #attachOne(link: WireLink): void {
    const { wire, program, match, onReadable } = this.#setup;
    const before = this.#attachments.get(link.id);
    const attachment: Attachment = before ?? { link, port: undefined, isReady: false };
    const isSame =
      before !== undefined && before.link.index === link.index && before.link.mac === link.mac && before.link.reception === link.reception;
    this.#attachments.set(link.id, attachment);
    attachment.link = link;
    if (!(isSame && link.up)) {
      this.#close(attachment);
      // Down, in the program's eyes too, until the port is open: it announces its rows on what comes up.
      program.setLink(link.id, link.mac, false);
    }
    if (!link.up) return;
    if (link.frames === false) this.#close(attachment);
    else if (match !== undefined) {
      attachment.port ??= wire.open(program, link, match.etherType, frameFilter(match), () => {
        attachment.isReady = true;
        onReadable();
      });
    }
    program.setLink(link.id, link.mac, true);
  }

  /** The links that are up, a bit each. */
  get up(): bigint {
    return [...this.all()].reduce((mask, { link, port }) => (port === undefined ? mask : mask | (1n << BigInt(link.id))), 0n);
  }

  get(link: number): FramePort | undefined {
    return this.#attachments.get(link)?.port;
  }

  all(): Iterable<Attachment> {
    return this.#attachments.values();
  }

  closeAll(): void {
    for (const { port } of this.#attachments.values()) port?.close();
    this.#attachments.clear();
  }

  #close(source: Source): void {
    this.#setup.counts.queueFull += source.port?.takeDrops() ?? 0;
    source.port?.close();
    source.port = undefined;
    source.isReady = false;
  }
}
