/**
 * The part of the WebAssembly JavaScript API that the host uses. `@types/node` has none of it, and the `dom` library
 * would bring a browser along.
 */

declare namespace WebAssembly {
  interface ModuleExportDescriptor {
    readonly name: string;
    readonly kind: "function" | "global" | "memory" | "table";
  }

  class Module {
    constructor(bytes: Uint8Array);
    static imports(module: Module): readonly { readonly module: string; readonly name: string; readonly kind: string }[];
    static exports(module: Module): readonly ModuleExportDescriptor[];
  }

  function validate(bytes: Uint8Array): boolean;

  /** Thrown by `new Module`: also for instructions that this CPU has not. */
  class CompileError extends Error {}

  class Instance {
    constructor(module: Module, imports?: Record<string, Record<string, unknown>>);
    readonly exports: Record<string, unknown>;
  }

  class Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }

  class Global {
    value: number;
  }

  class RuntimeError extends Error {}
}
