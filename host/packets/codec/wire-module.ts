/** One instance of module `wire` a process: it keeps nothing between calls, so everybody may share it. */
import { loadModule } from "../wasm.ts";

export interface WireModule {
  readonly memory: Uint8Array;
  readonly view: DataView;
  /** Value of an exported constant. */
  value(name: string): number;
  call(name: string, ...values: number[]): number;
  /** `Truncated` for the number of `Status.Truncated`. */
  statusName(status: number): string;
}

let opened: WireModule | undefined;

export function wireModule(): WireModule {
  opened ??= open();
  return opened;
}

function open(): WireModule {
  const { exports } = new WebAssembly.Instance(loadModule("wire"));
  const { buffer } = exports["memory"] as WebAssembly.Memory; // initial = maximum: it cannot grow, so the views stay good
  const value = (name: string) => (exports[name] as WebAssembly.Global).value;
  const names = Object.keys(exports).filter((name) => name.startsWith("Status."));
  const statuses = new Map(names.map((name) => [value(name), name.slice("Status.".length)]));
  return {
    memory: new Uint8Array(buffer),
    view: new DataView(buffer),
    value,
    call: (name, ...values) => (exports[name] as (...values: number[]) => number)(...values),
    statusName: (status) => statuses.get(status) ?? String(status),
  };
}
