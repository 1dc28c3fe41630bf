/** One file of manifests: its documents as they were last read, each parsed once for as long as its text is the same. */

import type { KindReaders } from "../objects/project.ts";
import { splitDocuments } from "./documents.ts";
import { type ParsedDocument, parseDocument } from "./parse-document.ts";

/** Hostile text could hold millions of empty ones. */
const MAX_DOCUMENTS = 100_000;

/** A document and where it stands now. */
export interface PlacedDocument {
  readonly parsed: ParsedDocument;
  /** A piece of the file's latest text: one of an older text would keep all of that in memory. */
  text: string;
  /** Line of the file where the document's text starts, from 1. */
  line: number;
}

export interface FileProblem {
  readonly found: string;
  readonly expected: string;
}

export class ManifestFile {
  readonly name: string;
  /** Undefined until it could be read. */
  text: string | undefined;
  documents: readonly PlacedDocument[] = [];
  /** Those with problems: few, so that asking for them after each change is not asking all. */
  flawed: readonly PlacedDocument[] = [];
  /** Why the file as a whole could not be read; its documents are then those of before. */
  problem: FileProblem | undefined;
  /** Objects that were in this file before something in it could not be made out. They stay as they were. */
  readonly missed = new Set<string>();

  readonly #readers: KindReaders | undefined;

  /** `readers`: of kinds that plugins read. */
  constructor(name: string, readers?: KindReaders) {
    this.name = name;
    this.#readers = readers;
  }

  /** Nothing is in the file that could not be made out. */
  isComplete(): boolean {
    return this.problem === undefined && this.flawed.every(({ parsed }) => parsed.complete);
  }

  /** Takes a new text; parses the documents that were not there before, and gives what came and what went. */
  update(text: string): { readonly added: readonly PlacedDocument[]; readonly removed: readonly PlacedDocument[] } {
    const texts = splitDocuments(text);
    this.text = text;
    this.problem = undefined;
    if (texts.length > MAX_DOCUMENTS) {
      this.problem = { found: `${texts.length} documents`, expected: `at most ${MAX_DOCUMENTS}` };
      return { added: [], removed: [] };
    }
    // Several documents may have the same text.
    const before = new Map<string, PlacedDocument[]>();
    for (const document of this.documents) push(before, document.text, document);
    const added: PlacedDocument[] = [];
    this.documents = texts.map(({ text: part, line }) => {
      const known = before.get(part)?.pop();
      const document = known ?? { parsed: parseDocument(part, this.#readers), text: part, line };
      document.text = part;
      document.line = line;
      if (known === undefined) added.push(document);
      return document;
    });
    this.flawed = this.documents.filter(({ parsed }) => !parsed.complete || parsed.problems.length > 0);
    return { added, removed: [...before.values()].flat() };
  }
}

function push<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
