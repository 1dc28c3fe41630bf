/**
 * esbuild, started so that a stranger's code cannot make it take this machine's memory or time: on Linux its process is limited
 * (`limited-esbuild.sh`). It is loaded once; a process that has loaded esbuild before, by itself, keeps the unlimited one.
 */

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { SourceError } from "./plugin-files.ts";

type Esbuild = typeof import("esbuild");

const STARTER = fileURLToPath(new URL("./limited-esbuild.sh", import.meta.url));
/** How esbuild's own code says that its process has ended. */
const ENDED = /^The service (?:was stopped|is no longer running)/;

let loading: Promise<Esbuild> | undefined;
let users = 0;

/** Rejects with SourceError where esbuild is missing, or where it came to its limits. */
export async function withEsbuild<Result>(use: (esbuild: Esbuild) => Promise<Result>): Promise<Result> {
  const esbuild = await (loading ??= load());
  users += 1;
  try {
    return await use(esbuild);
  } catch (error) {
    if (ENDED.test((error as Error).message))
      throw new SourceError("It takes more than 256 MB or a minute to bundle, or makes esbuild fail");
    throw error;
  } finally {
    users -= 1;
    // Its process takes some 20 MB, and is started again when it is needed.
    if (users === 0) await esbuild.stop();
  }
}

async function load(): Promise<Esbuild> {
  const binary = findBinary();
  if (binary !== undefined && existsSync(STARTER)) {
    process.env["HERALD_ESBUILD"] = binary;
    process.env["ESBUILD_BINARY_PATH"] = STARTER;
  }
  try {
    return await import("esbuild");
  } catch (error) {
    loading = undefined;
    throw new SourceError(`It has to be bundled, and esbuild is not installed: ${(error as Error).message}`);
  } finally {
    delete process.env["ESBUILD_BINARY_PATH"];
  }
}

/** Of this platform, as esbuild finds it; undefined where limits cannot be set. */
function findBinary(): string | undefined {
  if (process.platform !== "linux") return undefined;
  const esbuild = createRequire(createRequire(import.meta.url).resolve("esbuild"));
  try {
    return esbuild.resolve(`@esbuild/linux-${process.arch}/bin/esbuild`);
  } catch {
    return undefined;
  }
}
