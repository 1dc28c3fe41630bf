/** Where a running lab shows itself: `terminal-screen.ts` or `line-screen.ts`. */

export interface Picture {
  readonly rows: readonly { readonly cells: readonly string[]; readonly isPending: boolean }[];
  /** What is wrong now. */
  readonly complaints: readonly string[];
  /** Shown below, on a terminal each time, else once. */
  readonly hints: readonly string[];
}

export interface Screen {
  show(picture: Picture): void;
  /** One line of what happened, above the table. */
  say(line: string): void;
}
