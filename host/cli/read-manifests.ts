/** Manifests, once, as a command's own translation sees them. */

import type { Translation } from "../announcer.ts";
import { ManifestsSource } from "../cluster/manifests/manifests.ts";
import { Store } from "../cluster/store.ts";
import { problemText } from "../observe/problem-text.ts";

const NAME = "command";

/** Rejects where there is nothing at the path. */
export async function readManifests<Config>(
  path: string,
  translation: Translation<Config>,
): Promise<{ readonly config: Config; readonly problems: readonly string[] }> {
  const source = await ManifestsSource.open({ path, follow: false, translators: [{ name: NAME, translation }] }, new Store());
  source.close();
  return { config: source.translated.config(NAME) as Config, problems: source.problems().map(problemText) };
}
