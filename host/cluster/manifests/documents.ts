/**
 * Cuts the text of a YAML file into its documents, without parsing them.
 *
 * A line that starts with `---` or `...` (and then ends or goes on after a blank) is a document's border in whatever
 * context it stands: YAML 1.2.2 §9.1.2 "Document Markers" forbids it as content. So the text of an unchanged document
 * is the same text again, and needs no second parse.
 */

/** One document of a file. */
export interface DocumentText {
  /** Its own `---` included. */
  readonly text: string;
  /** Line of the file where the text starts, from 1. */
  readonly line: number;
}

const BORDER = /(?:^|[\n\r])(---|\.\.\.)(?=[ \t\n\r]|$)/g;
/** A line that is more than a marker, blank, a comment or a directive. */
const CONTENT = /(?:^|[\n\r])(?!%|(?:(?:---|\.\.\.)(?=[ \t\n\r]|$))?[ \t]*(?:#|[\n\r]|$))/;

/** Every document that has content, in order. */
export function splitDocuments(text: string): DocumentText[] {
  const documents: DocumentText[] = [];
  let line = 1;
  let from = 0;
  const cut = (to: number) => {
    const part = text.slice(from, to);
    if (CONTENT.test(part)) documents.push({ text: part, line });
    line += countLines(part);
    from = to;
  };
  for (const match of text.matchAll(BORDER)) {
    const marker = match.index + match[0].length - 3;
    if (match[1] === "---") cut(marker);
    else cut(endOfLine(text, marker));
  }
  cut(text.length);
  return documents;
}

/** Line breaks in a text; CR LF is one. */
export function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines++;
  for (let at = text.indexOf("\r"); at !== -1; at = text.indexOf("\r", at + 1)) {
    if (text[at + 1] !== "\n") lines++;
  }
  return lines;
}

function endOfLine(text: string, from: number): number {
  const end = /\r\n?|\n|$/g;
  end.lastIndex = from;
  end.exec(text);
  return end.lastIndex;
}
