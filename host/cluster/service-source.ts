/** The store's Services, for plugins that want to know more of those that they announce. */

import type { Close } from "../announcer.ts";
import type { ServiceKey } from "../rules/vocabulary.ts";
import type { ServiceSource } from "../sandbox/powers/services.ts";
import type { Store } from "./store.ts";

/** Changes of one turn of the event loop are told together; nothing is kept of them while nobody watches. */
export function serviceSource(store: Store): ServiceSource {
  const calls = new Set<(changed: ReadonlySet<ServiceKey> | undefined) => void>();
  let reader: ReturnType<Store["reader"]> | undefined;

  const tell = (): void => {
    if (reader === undefined) return;
    const { all, services } = reader.takeDirty();
    for (const call of [...calls]) call(all ? undefined : services);
  };
  const open = (): void => {
    reader = store.reader();
    reader.takeDirty(); // all, the first time
    reader.onDirty(() => void setImmediate(tell));
  };
  const closeLast = (): void => {
    reader?.close();
    reader = undefined;
  };

  return {
    get: (key) => store.snapshot().services.get(key),
    watch(call): Close {
      if (calls.size === 0) open();
      calls.add(call);
      return () => void (calls.delete(call) && calls.size === 0 && closeLast());
    },
  };
}
