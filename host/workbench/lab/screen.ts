/** Where a running lab shows itself: `terminal-screen.ts` or `line-screen.ts`. */

import type { Columns } from "./table-text.ts";

export interface Table {
  readonly columns: Columns;
  readonly rows: readonly TableRow[];
}

export interface TableRow {
  /** What it is about; no other row has it. */
  readonly key: string;
  readonly cells: readonly string[];
  /** More may be known in a moment. */
  readonly isPending: boolean;
}

export interface Picture {
  readonly tables: readonly Table[];
  /** What is wrong now. */
  readonly complaints: readonly string[];
  /** Shown below, on a terminal each time, else once. */
  readonly hints: readonly string[];
}

export interface Screen {
  show(picture: Picture): void;
  /** One line of what happened, above the tables. */
  say(line: string): void;
}
