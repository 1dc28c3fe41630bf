/** A plugin on a web server: its entry, and what that imports from the entry's folder and below, each file by its own URL. */

import { posix } from "node:path";
import type { Fetcher } from "./fetcher.ts";
import { LIMITS, type PluginFiles, SourceError } from "./plugin-files.ts";

export function remoteFiles(url: URL, fetch: Fetcher): PluginFiles {
  const folder = new URL("./", url);
  const entry = decodeURIComponent(posix.basename(url.pathname));
  return {
    entry,
    read: async (path) => {
      const file = path === entry ? url : new URL(path.split("/").map(encodeURIComponent).join("/"), folder);
      const contents = await fetch(file, LIMITS.fileBytes);
      if (contents === undefined && path === entry) throw new SourceError(`There is nothing at ${url.href}`);
      return contents;
    },
  };
}
