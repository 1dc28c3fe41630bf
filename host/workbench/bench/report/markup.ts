/** HTML and SVG in which no text can become a tag, whoever wrote it. */
import { visible } from "../../../observe/log.ts";

const TEXT = Symbol("markup");

/** No JSON can make one. */
export interface Markup {
  readonly [TEXT]: string;
}

type Piece = Markup | string | number | null | readonly Markup[];

/** A template whose values are escaped, but where they are markup already. Null gives nothing. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return { [TEXT]: strings.map((string, at) => (at === 0 ? "" : textOf(pieces[at - 1] ?? null)) + string).join("") };
}

/** Of what this program has written itself, or has made safe. */
export function raw(text: string): Markup {
  return { [TEXT]: text };
}

export function toText(markup: Markup): string {
  return markup[TEXT];
}

/** For a `<script>`: no end of it, and no comment, can be inside. */
export function jsonMarkup(value: unknown): Markup {
  const text = JSON.stringify(value) ?? "null";
  return raw(text.replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`));
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function textOf(piece: Piece): string {
  if (piece === null) return "";
  if (typeof piece === "object") return TEXT in piece ? piece[TEXT] : piece.map(toText).join("");
  return visible(String(piece)).replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}
