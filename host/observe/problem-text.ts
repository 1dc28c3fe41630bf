/** A problem in somebody's configuration as one line, wherever it is shown. */

import type { Problem } from "../rules/vocabulary.ts";
import { visible } from "./log.ts";

/** `pools.yaml:7: IPAddressPool home spec.addresses[0]: found "10.0.0.0/33", expected a prefix length from 0 to 32`. */
export function problemText(problem: Problem & { readonly file?: string; readonly line?: number }): string {
  const { file, line, object, path, found, expected } = problem;
  const place = file === undefined ? "" : `${file}:${line}: `;
  return visible(`${place}${object}${path === "" ? "" : ` ${path}`}: found ${found}, expected ${expected}`);
}
