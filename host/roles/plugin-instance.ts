/** One life of a plugin: opened, started, and ended, by itself or because it is told to. */

import type { PluginDefinition } from "../announcer.ts";
import type { AnnouncerFact } from "../rules/vocabulary.ts";
import type { HostedPlugin, Manifest } from "../sandbox/hosted.ts";
import { announcerFact, type RunningPlugin } from "../sandbox/start-plugin.ts";

/** Where a plugin comes from, for people. */
export interface PluginOrigin {
  /** `shipped`: Herald's own, for who names it. */
  readonly kind: "built-in" | "shipped" | "other";
  /** Of others: as the operator named it. */
  readonly specifier?: string;
  readonly pin?: string;
}

/** A plugin that can be started, as often as needed. */
export interface PluginSupply {
  readonly manifest: Manifest;
  readonly origin: PluginOrigin;
  /** For one life: of what is not Herald's own, a process of its own. */
  open(): Promise<HostedPlugin>;
}

/** A supply of what is Herald's own: it runs in this process, as it is. */
export function ownSupply(definition: PluginDefinition, kind: "built-in" | "shipped"): PluginSupply {
  return { manifest: definition, origin: { kind }, open: async () => definition };
}

/** What the plan reads of it. Nobody's but Herald's own stands by: only a node that owns a VIP tells it to others. */
export function factOf({ manifest, origin }: Pick<PluginSupply, "manifest" | "origin">): AnnouncerFact {
  return { ...announcerFact(manifest), ...(origin.kind === "other" ? { hasHeirs: false } : {}) };
}

/** Starts an opened plugin; its packet program is loaded under that name. */
export type StartHosted = (plugin: HostedPlugin, config: unknown, programName: string) => Promise<RunningPlugin>;

export interface Instance {
  readonly supply: PluginSupply;
  readonly hosted: HostedPlugin;
  readonly running: RunningPlugin;
  readonly programName: string;
  readonly sinceMs: number;
  /** The one that it has now. */
  config: unknown;
  /** Why it has ended, or its packet program has, without having been told to. */
  lost: Error | undefined;
  /** Closes everything that it opened, and its process; harmless twice. */
  end(): Promise<void>;
}

export interface Life {
  readonly supply: PluginSupply;
  readonly config: unknown;
  readonly programName: string;
  readonly nowMs: number;
  readonly start: StartHosted;
  /** Once, after `lost` has been set. */
  readonly onLost: () => void;
}

/** Rejects where it does not start, with nothing left open. */
export async function beginLife({ supply, config, programName, nowMs, start, onLost }: Life): Promise<Instance> {
  const hosted = await supply.open();
  const { foreign } = hosted;
  let lost: Error | undefined;
  let instance: Instance | undefined;
  const lose = (reason: Error): void => {
    lost ??= reason;
    if (instance === undefined || instance.lost !== undefined) return;
    instance.lost = reason;
    onLost();
  };
  const stopHearing = foreign?.onLost(lose);
  try {
    const running = await start(hosted, config, programName);
    running.onLost(lose);
    const end = async (): Promise<void> => {
      stopHearing?.();
      await running.close();
      await foreign?.close();
    };
    instance = { supply, hosted, running, programName, sinceMs: nowMs, config, lost: undefined, end };
  } catch (error) {
    stopHearing?.();
    await foreign?.close();
    throw lost ?? error;
  }
  if (lost === undefined) return instance;
  await instance.end();
  throw lost;
}
