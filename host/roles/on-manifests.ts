/** A box without Kubernetes: everything is in a directory of manifests, and one of the speakers that read it gives out addresses. */

import { access, constants } from "node:fs/promises";
import { dirname } from "node:path";
import type { Log } from "../announcer.ts";
import { Controller } from "../cluster/controller.ts";
import { ManifestsSource } from "../cluster/manifests/manifests.ts";
import type { Store } from "../cluster/store.ts";
import { collectController } from "../observe/collect-controller.ts";
import type { Surroundings } from "./speaker.ts";

export interface ManifestsPlace {
  readonly manifests: string;
  readonly node: string;
  /** Also allocate, and write `allocations`. */
  readonly isController: boolean;
  readonly allocations?: string;
  readonly log: Log;
}

export function onManifests({ manifests, node, isController, log, ...place }: ManifestsPlace): Surroundings {
  let opened: ManifestsSource | undefined;
  return {
    reads: manifests,
    isController,
    async open(store, translators) {
      opened = await ManifestsSource.open({ path: manifests, node, follow: true, translators, ...place }, store);
      if (isController) await demandWritable(dirname(opened.allocations.path));
      return opened;
    },
    async accompany({ store, metrics }) {
      const source = opened as ManifestsSource;
      if (!isController) {
        tellMissingController(store, source, log);
        return () => {};
      }
      const controller = new Controller({ store, source, status: source.allocations, log });
      collectController(metrics, { snapshot: () => store.snapshot(), counts: () => controller.counts(), isLeader: () => true });
      await controller.start();
      return () => controller.close();
    },
  };
}

/** A flag forgotten on a single box would leave every Service without address, and not a word in the log. */
function tellMissingController(store: Store, { allocations }: ManifestsSource, log: Log): void {
  const wanting = [...store.snapshot().services.values()].filter(({ type, ingress }) => type === "LoadBalancer" && ingress.length === 0);
  if (wanting.length === 0 || allocations.records().size > 0) return;
  log.warn("No address is on record; waiting for the one speaker with --controller", {
    services: wanting.length,
    record: allocations.path,
  });
}

/** Said once and at once: a controller that cannot keep its record gives out nothing. */
async function demandWritable(directory: string): Promise<void> {
  await access(directory, constants.W_OK | constants.X_OK).catch((error: NodeJS.ErrnoException) => {
    const remedy = "make it writable for this user, or name a file elsewhere with --allocations";
    throw new Error(`Cannot give out addresses: no file can be written in ${directory} (${error.code}); ${remedy}`, { cause: error });
  });
}
