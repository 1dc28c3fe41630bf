/**
 * Small ids for link names: the bits of a row's link mask.
 *
 * A name keeps its id while it is in use: somebody asked for it by `claim` (a row may name it, whether or not the link exists), or a link of
 * that name exists. A node may have hundreds of links, one a container, so ids of others are given out again, and a link that nobody
 * asked for may be left without one.
 */

export const LINK_IDS = 64;
/** The id of a link that has none. */
export const NO_ID = -1;

export class LinkIds {
  readonly #names: string[] = [];
  readonly #claimed = new Set<string>();

  /** The id of a name for the life of the process. Throws where all are claimed. */
  claim(name: string, exists: (name: string) => boolean): number {
    const id = this.#find(name, exists) ?? this.#names.findLastIndex((holder) => !this.#claimed.has(holder));
    if (id === NO_ID)
      throw new Error(
        `Cannot use link ${name}: ${LINK_IDS} other links are in use, expected at most ${LINK_IDS}: ${this.#names.join(", ")}`,
      );
    this.#claimed.add(name);
    this.#names[id] = name;
    return id;
  }

  /** The id of an existing link, or NO_ID where others hold them all. */
  give(name: string, exists: (name: string) => boolean): number {
    const id = this.#find(name, exists) ?? NO_ID;
    if (id !== NO_ID) this.#names[id] = name;
    return id;
  }

  /** Its own id, one that was never used, or one whose name is not in use any more. */
  #find(name: string, exists: (name: string) => boolean): number | undefined {
    const own = this.#names.indexOf(name);
    if (own >= 0) return own;
    if (this.#names.length < LINK_IDS) return this.#names.length;
    const left = this.#names.findIndex((holder) => !this.#claimed.has(holder) && !exists(holder));
    return left >= 0 ? left : undefined;
  }
}
