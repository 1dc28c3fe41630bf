/** Options that MetalLB's resources have no field for: annotations of our own prefix, such as `herald.dev/med`. */

import { API_GROUP, complain, type Reading, readLabels } from "../../host/announcer.ts";

/** What an annotation means, or undefined where its text means nothing. */
export interface AnnotationKind<T> {
  readonly expected: string;
  parse(text: string): T | undefined;
}

type Values<Kinds> = { readonly [Key in keyof Kinds]?: Kinds[Key] extends AnnotationKind<infer T> ? T : never };

/** Reads the annotations of these names; others of our prefix are problems, as they are most likely misspelled. */
export function readAnnotations<Kinds extends Readonly<Record<string, AnnotationKind<unknown>>>>(
  reading: Reading,
  kinds: Kinds,
): Values<Kinds> {
  const annotations = readLabels(reading, "metadata.annotations", reading.metadata["annotations"]);
  const values: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(annotations)) {
    if (!key.startsWith(`${API_GROUP}/`)) continue;
    const name = key.slice(API_GROUP.length + 1);
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    const value = kind?.parse(text);
    if (kind === undefined) {
      const known = Object.keys(kinds).map((known) => `${API_GROUP}/${known}`);
      complain(reading, "metadata.annotations", key, `one of ${known.join(", ")}`);
    } else if (value === undefined) complain(reading, `metadata.annotations["${key}"]`, text, kind.expected);
    else values[name] = value;
  }
  return values as Values<Kinds>;
}

/** A whole number in a range. */
export function wholeNumber(minimum: number, maximum: number): AnnotationKind<number> {
  return {
    expected: `a whole number from ${minimum} to ${maximum}`,
    parse: (text) => (/^\d{1,10}$/.test(text) && Number(text) >= minimum && Number(text) <= maximum ? Number(text) : undefined),
  };
}

export const yesOrNo: AnnotationKind<boolean> = {
  expected: '"true" or "false"',
  parse: (text) => (text === "true" ? true : text === "false" ? false : undefined),
};
