import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A `PATH`, made in this directory, on which `unshare` is refused, as in a locked-down container. */
export function refusingPath(directory: string): string {
  const path = join(directory, "bin");
  mkdirSync(path, { recursive: true });
  writeFileSync(
    join(path, "unshare"),
    '#!/bin/sh\n[ "$1" = --version ] && exit 0\necho "unshare: unshare failed: Operation not permitted" >&2\nexit 1\n',
    { mode: 0o755 },
  );
  return `${path}:${process.env["PATH"]}`;
}
