/** Conditions of a plan, one by one. A plan asks for the first that is not met; who explains the plan asks for all, in the same order. */

/** One condition. */
export interface Gate<Subject> {
  /** What must be, in a few words: `endpoint that can serve`. */
  readonly name: string;
  /** The reason of the refusal, undefined where the condition is met. */
  objection(subject: Subject): string | undefined;
  /** For people: what is there. Also for subjects that an earlier gate stops. */
  found(subject: Subject): string;
}

/** A gate with what came of it. */
export interface TriedGate {
  readonly name: string;
  readonly isMet: boolean;
  readonly found: string;
  /** Where it is not met: as in refusals. */
  readonly reason?: string;
}

/** Of the first gate that is not met. */
export function firstObjection<Subject>(gates: readonly Gate<Subject>[], subject: Subject): string | undefined {
  for (const gate of gates) {
    const objection = gate.objection(subject);
    if (objection !== undefined) return objection;
  }
  return undefined;
}

/** All of them, whatever comes of each. */
export function tryGates<Subject>(gates: readonly Gate<Subject>[], subject: Subject): TriedGate[] {
  return gates.map((gate) => {
    const reason = gate.objection(subject);
    return { name: gate.name, isMet: reason === undefined, found: gate.found(subject), ...(reason === undefined ? {} : { reason }) };
  });
}
