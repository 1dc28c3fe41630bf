/** Where one plugin's code runs: the language itself, frozen, and a few pure things beside it. No import in any form, and no way to a realm without that rule. */

import { createConsole, type Say } from "./lent-console.ts";
import { refuseImports } from "./refuse-imports.ts";
import type { Lent } from "./take-away.ts";

/** `label` is the name that its frames have in stacks. */
export function createCompartment(label: string, lent: Lent, say: Say): Compartment {
  const globals = {
    console: createConsole(lent.nowMs, say),
    URL: lent.URL,
    URLSearchParams: lent.URLSearchParams,
    queueMicrotask: (call: unknown) => {
      if (typeof call !== "function") throw new TypeError("Cannot queue a microtask: expected a function");
      lent.queueMicrotask(() => void call());
    },
    structuredClone: plain("Cannot clone", (value) => lent.structuredClone(value)),
    btoa: plain("Cannot encode", (text) => lent.btoa(String(text))),
    atob: plain("Cannot decode", (text) => lent.atob(String(text))),
  };
  const compartment = new Compartment({ globals: harden(globals), transforms: [refuseImports], name: label, __options__: true });
  // A nested compartment would not have the transform.
  for (const name of ["Compartment", "lockdown"]) Reflect.deleteProperty(compartment.globalThis, name);
  return compartment;
}

/** What Node throws has classes of its own, which are not frozen. */
function plain(what: string, call: (value: unknown) => unknown): (value: unknown) => unknown {
  return (value) => {
    try {
      return call(value);
    } catch (error) {
      throw new TypeError(`${what}: ${String((error as Error)?.message).slice(0, 200)}`);
    }
  };
}
