/** The manifests of a lab as its speakers and the lab itself read them, and the place of its own where it may write. */

import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Close, PluginDefinition, Secret } from "../../announcer.ts";
import { type DryRun, dryRun } from "../../cluster/dry-run.ts";
import { ManifestsSource } from "../../cluster/manifests/manifests.ts";
import { translatorsOf } from "../../cluster/plugin-resources/translators.ts";
import { Store } from "../../cluster/store.ts";
import { problemText } from "../../observe/problem-text.ts";
import type { Snapshot } from "../../rules/vocabulary.ts";
import { MADE_UP_NODES, planAddresses } from "./addresses.ts";
import { mirrorWithNodes } from "./made-up-nodes.ts";

export interface Workplace {
  readonly store: Store;
  /** What the controller would do with the facts of the store. */
  dryRun(snapshot: Snapshot): DryRun;
  /** The config that a plugin with resources of its own has on a node. */
  configOn(plugin: string, node: string): unknown;
  /** Calls after each change of what plugins make of their resources. */
  onConfig(call: () => void): Close;
  passwordOf(secret: Secret): string | undefined;
  /** What speakers read. */
  readonly manifests: string;
  readonly allocations: string;
  /** The manifests name no Node. */
  readonly areNodesMadeUp: boolean;
  /** `file:line: …`, with the files as the user named them. */
  problems(): string[];
  onProblems(call: () => void): Close;
  close(): void;
}

/** Throws where there are no manifests. */
export async function openWorkplace(manifests: string, directory: string, plugins: readonly PluginDefinition[]): Promise<Workplace> {
  await mkdir(directory, { recursive: true });
  const allocations = join(directory, "allocations.yaml");
  const translators = translatorsOf(plugins);
  const first = new Store();
  (await ManifestsSource.open({ path: manifests, follow: false, allocations }, first)).close();
  const { nodes, pools } = first.snapshot();
  const areNodesMadeUp = nodes.size === 0;
  let path = manifests;
  let closeMirror: Close = () => {};
  if (areNodesMadeUp) {
    path = join(directory, "manifests");
    const facts = new Map(MADE_UP_NODES.map((name) => [name, { name, labels: {}, networkUnavailable: false, addresses: [] }]));
    closeMirror = await mirrorWithNodes(manifests, path, planAddresses({ nodes: facts, pools }).nodes);
  }
  const store = new Store();
  const source = await ManifestsSource.open({ path, follow: true, allocations, translators }, store);
  const nameOf = (file: string): string =>
    areNodesMadeUp && file.startsWith(path) ? userName(manifests, file.slice(path.length + 1)) : file;
  return {
    store,
    dryRun: (snapshot) => dryRun(source, snapshot),
    configOn: (plugin, node) => source.translated.configOn(plugin, node),
    onConfig: (call) => source.translated.onConfig(call),
    passwordOf: (secret) => ("text" in secret ? secret.text : source.translated.secrets.get(secret.secret)?.password),
    manifests: path,
    allocations,
    areNodesMadeUp,
    problems: () => source.problems().map((problem) => problemText({ ...problem, file: nameOf(problem.file) })),
    onProblems: (call) => source.onProblems(call),
    close() {
      source.close();
      closeMirror();
    },
  };
}

/** A single file was copied under its own name. */
function userName(manifests: string, name: string): string {
  return basename(manifests) === name ? manifests : join(manifests, name);
}
