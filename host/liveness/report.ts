/** What is said of a session, in words. */

import type { LivenessReport } from "../announcer.ts";
import type { SessionState } from "./session-row.ts";

/** RFC 5880 §4.1 "Diagnostic (Diag)", by number. */
const DIAGNOSTICS = [
  "no diagnostic",
  "control detection time expired",
  "echo function failed",
  "neighbor signaled session down",
  "forwarding plane reset",
  "path down",
  "concatenated path down",
  "administratively down",
  "reverse concatenated path down",
];
const NEIGHBOR_SIGNALED = 3;

const NOT_HEARD = "no packet from the neighbor yet";

function diagnosticText(diagnostic: number): string {
  return DIAGNOSTICS[diagnostic] ?? `diagnostic ${diagnostic}`;
}

/** `problem`: why this host cannot do its part; undefined where it can. `noEcho`: why it has no Echo function, where it should. */
export function toReport(session: SessionState | undefined, problem: string | undefined, noEcho: string | undefined): LivenessReport {
  const { state = "down", remoteState } = session ?? {};
  const why = state === "up" ? undefined : (problem ?? (session === undefined ? NOT_HEARD : reasonOf(session)));
  const reason = [why, noEcho === undefined || session?.isEchoing ? undefined : `without the echo function: ${noEcho}`]
    .filter((part) => part !== undefined)
    .join("; ");
  return { state, isPeerAdminDown: remoteState === "adminDown", reason };
}

function reasonOf({ state, diagnostic, remoteState, remoteDiagnostic }: SessionState): string {
  if (diagnostic === NEIGHBOR_SIGNALED && remoteDiagnostic !== 0)
    return `${diagnosticText(diagnostic)}: ${diagnosticText(remoteDiagnostic)}`;
  if (diagnostic !== 0) return diagnosticText(diagnostic);
  if (state === "init") return "the neighbor does not hear us yet";
  return remoteState === "adminDown" ? "the neighbor is administratively down" : NOT_HEARD;
}
