/** The guarded packet worker: started with the first plugin that needs it, stopped after the last, and started anew where it has died. */

import type { GuardedService } from "../service.ts";

export interface GuardedLease {
  readonly service: GuardedService;
  /** Harmless twice. */
  release(): Promise<void>;
}

export class GuardedPackets {
  readonly #start: () => Promise<GuardedService>;
  #running: Running | undefined;

  constructor(start: () => Promise<GuardedService>) {
    this.#start = start;
  }

  /** Rejects where the worker cannot start. */
  async lease(): Promise<GuardedLease> {
    const running = this.#running ?? (this.#running = { service: this.#start(), leases: 0 });
    running.leases++;
    let isHeld = true;
    const release = async (): Promise<void> => {
      if (!isHeld) return;
      isHeld = false;
      running.leases--;
      if (running.leases > 0) return;
      if (this.#running === running) this.#running = undefined;
      const service = await running.service.catch(() => undefined);
      await service?.stop();
    };
    try {
      const service = await running.service;
      if (service.problem === undefined) return { service, release };
    } catch (error) {
      await this.#forget(running, release);
      throw error;
    }
    // It has died; who still holds it has heard so.
    await this.#forget(running, release);
    return await this.lease();
  }

  /** Of the programs that run now; none where the worker has just died. */
  async statistics(): ReturnType<GuardedService["statistics"]> {
    try {
      return (await (await this.#running?.service)?.statistics()) ?? {};
    } catch {
      return {};
    }
  }

  async #forget(running: Running, release: () => Promise<void>): Promise<void> {
    if (this.#running === running) this.#running = undefined;
    await release();
  }
}

interface Running {
  readonly service: Promise<GuardedService>;
  leases: number;
}
