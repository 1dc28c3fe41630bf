/**
 * What one reader of the store has still to look at. No event travels: a mark says only "look again", so a burst of
 * changes is one run, and a change that came while the reader was busy is not lost.
 */

import type { Close } from "../announcer.ts";
import type { ServiceKey } from "../rules/vocabulary.ts";

/** What changed since the last take: everything, or these Services. */
export interface Dirty {
  readonly all: boolean;
  readonly services: ReadonlySet<ServiceKey>;
}

/** A reader's view of the changes of a store. */
export interface DirtyReader {
  /** Hands over the marks and clears them. A reader's first take says `all`. */
  takeDirty(): Dirty;
  /** Calls once when something becomes dirty after a take (at once where it already is). The call only schedules a run. */
  onDirty(call: () => void): Close;
}

/** The marks of one reader. */
export class DirtyMarks implements DirtyReader {
  #all = true;
  #services = new Set<ServiceKey>();
  #call: (() => void) | undefined;
  #told = false;

  markAll(): void {
    this.#all = true;
    this.#tell();
  }

  markService(key: ServiceKey): void {
    this.#services.add(key);
    this.#tell();
  }

  takeDirty(): Dirty {
    const taken = { all: this.#all, services: this.#services };
    this.#all = false;
    this.#services = new Set();
    this.#told = false;
    return taken;
  }

  onDirty(call: () => void): Close {
    this.#call = call;
    this.#told = false;
    if (this.#all || this.#services.size > 0) this.#tell();
    return () => {
      if (this.#call === call) this.#call = undefined;
    };
  }

  #tell(): void {
    if (this.#told || this.#call === undefined) return;
    this.#told = true;
    this.#call();
  }
}
