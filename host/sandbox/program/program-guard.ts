/** What the guard of a packet program is told: the grants of its plugin, whenever they change, and the addresses that are assigned to it. */

import type { Log } from "../../announcer.ts";
import { ROW_BYTES } from "../../packets/program.ts";
import type { GuardedService } from "../../packets/service.ts";
import type { WireLink } from "../../packets/wire.ts";
import type { Grants } from "../permissions/grants.ts";
import type { AssignedAddresses } from "./assigned-addresses.ts";
import { writeAddress } from "./program-rows.ts";
import { toSendRules } from "./send-rules.ts";

export interface GuardParts {
  readonly service: GuardedService;
  readonly assigned: AssignedAddresses;
  /** The program answers for nothing any more, and why. */
  readonly onLost: (reason: string) => void;
  /** Gives the service back, once the program is unloaded. */
  release(): Promise<void>;
}

export class ProgramGuard {
  readonly #program: string;
  readonly #parts: GuardParts;
  readonly #grants: Grants;
  readonly #log: Log;
  readonly #close: () => void;
  #links: readonly WireLink[] = [];
  #hasEnded = false;

  /** For a program that is loaded. Throws where a grant is none that a guard can read. */
  constructor(program: string, parts: GuardParts, grants: Grants, log: Log) {
    this.#program = program;
    this.#parts = parts;
    this.#grants = grants;
    this.#log = log;
    toSendRules(grants, []);
    this.#close = parts.service.onProgramLost((name, reason) => name === program && parts.onLost(reason));
    this.#expect(this.follow([]));
    grants.watch(() => this.#expect(this.follow(this.#links)));
    parts.assigned.watch((addresses, isAssigned) => this.#expect(parts.service.assign(program, toRows(addresses), isAssigned)));
  }

  has(address: string): boolean {
    return this.#parts.assigned.has(address);
  }

  /** The program's links from now on, before they are attached. */
  async follow(links: readonly WireLink[]): Promise<void> {
    this.#links = links;
    if (this.#hasEnded) return;
    await this.#parts.service.setRules(this.#program, toSendRules(this.#grants, links));
  }

  /** Hears nothing any more. */
  end(): void {
    this.#hasEnded = true;
    this.#close();
  }

  async release(): Promise<void> {
    await this.#parts.release();
  }

  /** Without rules or addresses a program sends less than it might, and nothing that it must not. */
  #expect(told: Promise<void>): void {
    told.catch((error: Error) => this.#hasEnded || this.#log.error("Cannot tell the guard of a packet program", { error: error.message }));
  }
}

function toRows(addresses: readonly string[]): Uint8Array {
  const rows = new Uint8Array(addresses.length * ROW_BYTES);
  for (const [at, address] of addresses.entries()) writeAddress(rows.subarray(at * ROW_BYTES), address);
  return rows;
}
