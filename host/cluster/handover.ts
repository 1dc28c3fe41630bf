/**
 * Addresses on their way from one Service to another. Who is to have one must not be on record with it while the one before still is: not even
 * for a moment, and not when a controller dies between the two writes.
 */

import type { ServiceKey } from "../rules/vocabulary.ts";

export class Handover {
  readonly #byService = new Map<ServiceKey, readonly string[]>();
  readonly #holders = new Map<string, Set<ServiceKey>>();

  /** Says which addresses a Service is, or may come to be, on record with though it is to have them no longer. */
  leaves(service: ServiceKey, vips: readonly string[]): void {
    for (const vip of this.#byService.get(service) ?? []) {
      const holders = this.#holders.get(vip);
      holders?.delete(service);
      if (holders?.size === 0) this.#holders.delete(vip);
    }
    this.#byService.delete(service);
    if (vips.length === 0) return;
    this.#byService.set(service, vips);
    for (const vip of vips) this.#holders.set(vip, (this.#holders.get(vip) ?? new Set()).add(service));
  }

  /** Those that have something to give up. */
  services(): ServiceKey[] {
    return [...this.#byService.keys()];
  }

  isLeaving(service: ServiceKey): boolean {
    return this.#byService.has(service);
  }

  /** Whether another Service has still to give up one of these addresses. */
  mustWait(service: ServiceKey, vips: readonly string[]): boolean {
    return vips.some((vip) => {
      const holders = this.#holders.get(vip);
      return holders !== undefined && (holders.size > 1 || !holders.has(service));
    });
  }
}
