/**
 * The packet engine for programs that are not built in: each behind a guard, and one that keeps failing is put out. Nobody's succession is
 * kept here: rows are what they are put as.
 */

import { PacketEngine } from "../engine.ts";
import { ROW_BYTES } from "../program.ts";
import { GuardedProgram } from "./guarded-program.ts";
import type { SendRules } from "./rules.ts";

export interface ProgramLoss {
  readonly program: string;
  readonly reason: string;
}

export class GuardedEngine extends PacketEngine {
  readonly #guarded = new Map<string, GuardedProgram>();
  /** Programs that were put out, and why, until they are removed. */
  readonly #lost = new Map<string, string>();

  protected override load(name: string, module: WebAssembly.Module): GuardedProgram {
    const program = new GuardedProgram(name, module);
    this.#guarded.set(name, program);
    this.#lost.delete(name);
    return program;
  }

  override addProgram(...args: Parameters<PacketEngine["addProgram"]>): void {
    try {
      super.addProgram(...args);
    } catch (error) {
      // One that was loaded and could not be set up.
      if (this.program(args[0]) === undefined) this.#guarded.delete(args[0]);
      throw error;
    }
  }

  override removeProgram(name: string): void {
    super.removeProgram(name);
    this.#guarded.delete(name);
    this.#lost.delete(name);
  }

  override attach(name: string, links: Parameters<PacketEngine["attach"]>[1]): ReturnType<PacketEngine["attach"]> {
    this.#demandProgram(name);
    return super.attach(name, links);
  }

  override openDatagrams(...args: Parameters<PacketEngine["openDatagrams"]>): number {
    this.#demandProgram(args[0]);
    return super.openDatagrams(...args);
  }

  override put(name: string, rows: Uint8Array): ReturnType<PacketEngine["put"]> {
    this.#demandProgram(name);
    return super.put(name, rows);
  }

  /** One that was put out has none. */
  override remove(name: string, rows: Uint8Array): void {
    if (!this.#lost.has(name)) super.remove(name, rows);
  }

  /** What the program may send from now on. */
  setRules(name: string, rules: SendRules): void {
    this.#demandProgram(name).guard.setRules(rules);
  }

  /** `rows`: whole rows, of which family and address count; they are the program's to claim from now on, or are not any more. */
  assign(name: string, rows: Uint8Array, isAssigned: boolean): void {
    const { guard } = this.#demandProgram(name);
    for (let at = 0; at < rows.length; at += ROW_BYTES) {
      const row = rows.subarray(at, at + ROW_BYTES);
      if (!isAssigned) guard.free(row);
      else if (!guard.assign(row)) throw new Error(`Cannot assign more addresses to packet program ${name}: there is no room`);
    }
  }

  /** A main thread that has fallen silent may have lost its VIPs without being able to say so. */
  followMain(isSilent: boolean): void {
    this.isMuted = isSilent;
  }

  /** Puts out the programs that have failed since the last call. */
  takeLosses(): ProgramLoss[] {
    const losses: ProgramLoss[] = [];
    for (const [program, { lost: reason }] of this.#guarded) {
      if (reason === undefined) continue;
      this.removeProgram(program);
      this.#lost.set(program, reason);
      losses.push({ program, reason });
    }
    return losses;
  }

  takeReports(): [] {
    return [];
  }

  /** Who is late here is late for strangers only. */
  takeLateness(): undefined {
    return undefined;
  }

  #demandProgram(name: string): GuardedProgram {
    const program = this.#guarded.get(name);
    if (program !== undefined) return program;
    throw new Error(`Cannot use packet program ${name}: ${this.#lost.get(name) ?? "it is not loaded"}`);
  }
}
