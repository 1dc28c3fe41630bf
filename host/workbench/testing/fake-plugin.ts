/** A plugin in processes of its own, without any process: it can be lost, fail to start, and fail to take rows over. */

import type { Announcement, Announcer, Changes } from "../../announcer.ts";
import type { PluginSupply } from "../../roles/plugin-instance.ts";
import type { ForeignPart, HostedPlugin, Manifest } from "../../sandbox/hosted.ts";
import type { RunningPlugin } from "../../sandbox/start-plugin.ts";

/** One version of a plugin: what it does, and the processes of it that live. */
export class FakePlugin {
  /** Of the version. */
  readonly name: string;
  readonly manifest: Manifest;
  /** What was called, over all versions. */
  readonly calls: string[];
  readonly processes: { lose(why: string): void; readonly program: string }[] = [];
  onOpen: () => void = () => {};
  onStart: (config: unknown) => void = () => {};
  onApply: () => void = () => {};
  /** The port that it needs for itself. */
  port: { taken: boolean } | undefined;

  /** `plugin`: what the plugin is called. */
  constructor(name: string, calls: string[], plugin = "toy") {
    this.name = name;
    this.calls = calls;
    const serves = { kind: "Toy", families: [4] };
    this.manifest = { name: plugin, api: 1, from: "every-node", serves, config: { type: "object" }, example: {} } as Manifest;
  }

  get supply(): PluginSupply {
    const origin = { kind: "other", specifier: this.name, pin: "sha256-x" } as const;
    return { manifest: this.manifest, origin, open: async () => this.#open() };
  }

  #open(): HostedPlugin {
    this.onOpen();
    const lost = new Set<(reason: Error) => void>();
    const process = { lose: (why: string) => end(() => lost.forEach((call) => void call(new Error(why)))), program: "" };
    const end = (tell: () => void = () => {}): void => {
      const at = this.processes.indexOf(process);
      if (at < 0) return;
      this.processes.splice(at, 1);
      tell();
    };
    this.processes.push(process);
    const foreign: ForeignPart = {
      ...{ specifier: this.name, pin: "sha256-x" },
      onLost(call) {
        lost.add(call);
        return () => void lost.delete(call);
      },
      close: async () => end(),
    };
    return { ...this.manifest, foreign, permissions: () => [], start: () => Promise.reject(new Error("not in this test")) };
  }

  start(config: unknown, program: string): RunningPlugin {
    this.calls.push(`${this.name} start as ${program}`);
    this.onStart(config);
    if (this.port?.taken === true) throw new Error("Cannot listen on [::]:179: bind gave EADDRINUSE");
    if (this.port !== undefined) this.port.taken = true;
    const announcer: Announcer = {
      apply: async (changes: Changes) => {
        this.onApply();
        const text = (sign: string, rows: readonly Announcement[]) => rows.map(({ vip }) => sign + vip.slice(-1));
        this.calls.push([this.name, ...text("+", changes.added), ...text("~", changes.changed), ...text("-", changes.removed)].join(" "));
        return [];
      },
      configure: async () => true,
      stop: async (why) => void this.calls.push(`${this.name} stop ${why}`),
    };
    const close = async (): Promise<void> => {
      if (this.port !== undefined) this.port.taken = false;
    };
    const base = { name: this.manifest.name, programName: program, announcer, program: undefined };
    return { ...base, reports: new Map(), open: 0, onLost: () => {}, close };
  }
}
