/** Services for tests of plugins. */

import type { ServiceInfo } from "../../announcer.ts";
import type { ServiceSource } from "../../sandbox/powers/services.ts";
import { serviceFact } from "./facts.ts";

export interface MemoryServices extends ServiceSource {
  /** Those that there are from now on. */
  set(services: readonly ServiceInfo[]): void;
}

export function memoryServices(services: readonly ServiceInfo[] = []): MemoryServices {
  let there = services;
  const calls = new Set<() => void>();
  return {
    get(wanted) {
      const { key, ...parts } = there.find((service) => service.key === wanted) ?? { key: undefined };
      return key === undefined ? undefined : serviceFact("", { key, ...parts });
    },
    watch(call) {
      const tell = (): void => call(undefined);
      calls.add(tell);
      return () => void calls.delete(tell);
    },
    set(services) {
      there = services;
      for (const call of [...calls]) call();
    },
  };
}
