/** One instance of a codec's module a process: it keeps nothing between calls, so everybody may share it. */
import { loadModule } from "../wasm.ts";

export interface WireModule {
  readonly memory: Uint8Array;
  readonly view: DataView;
  /** Value of an exported constant. */
  value(name: string): number;
  call(name: string, ...values: number[]): number;
  /** `Truncated` for "Status" and the number of `Status.Truncated`; the number where the enumeration has none like it. */
  nameOf(enumeration: string, number: number): string;
}

const opened = new Map<string, WireModule>();

/** The module `wire`, of formats that are one flat record, or the one of a format that needs more. */
export function wireModule(name = "wire"): WireModule {
  let module = opened.get(name);
  if (module === undefined) opened.set(name, (module = open(name)));
  return module;
}

function open(module: string): WireModule {
  const { exports } = new WebAssembly.Instance(loadModule(module));
  const { buffer } = exports["memory"] as WebAssembly.Memory; // initial = maximum: it cannot grow, so the views stay good
  const globals = Object.entries(exports).filter((entry): entry is [string, WebAssembly.Global] => entry[1] instanceof WebAssembly.Global);
  const values = new Map(globals.map(([name, global]) => [name, global.value]));
  const members = globals.filter(([name]) => name.includes("."));
  const names = new Map(members.map(([name, global]) => [name.replace(/\..*/, `.${global.value}`), name.replace(/.*\./, "")]));
  return {
    memory: new Uint8Array(buffer),
    view: new DataView(buffer),
    value(name) {
      const value = values.get(name);
      if (value === undefined) throw new RangeError(`Module ${module} exports no constant ${name}`);
      return value;
    },
    call: (name, ...values) => (exports[name] as (...values: number[]) => number)(...values),
    nameOf: (enumeration, number) => names.get(`${enumeration}.${number}`) ?? String(number),
  };
}
