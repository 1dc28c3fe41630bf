/**
 * Malformed BGP messages: each rule broken once for each attribute that it applies to, what RFC 4271 §6, RFC 7606 and the attributes' own RFCs
 * have done about it, and what two other implementations do: `reset CODE/SUBCODE`, `withdraw`, or `keep`, with or without the attribute.
 *
 * Their verdicts were taken from BIRD 2.0.12 and FRR 8.4.4 (Debian 12). UPDATEs were sent in a fresh session that had announced the same prefix in
 * good order before; the verdict is their NOTIFICATION, or else what their tables said of the prefix then.
 */
import { externalRows } from "./malformed-bgp/external-rows.ts";
import type { Sender } from "./malformed-bgp/messages.ts";
import { internalMultiprotocolRows, multiprotocolRows } from "./malformed-bgp/multiprotocol-rows.ts";
import { internalRows, oldRows } from "./malformed-bgp/other-peers-rows.ts";
import { otherRows } from "./malformed-bgp/other-rows.ts";
import type { Row } from "./malformed-bgp/row.ts";

export { formats, hex, message, type Sender, update } from "./malformed-bgp/messages.ts";

export interface MalformedMessage {
  /** Of an attribute, `ORIGIN optional`, or of a capability: one of `rules`; empty where it is neither's. */
  readonly rule: string;
  readonly name: string;
  readonly sender: Sender;
  /** One message as its own header has it. */
  readonly bytes: Buffer;
  /** Verb, code/subcode, Status, and the type code of the attribute where it is one's fault. */
  readonly expected: string;
  readonly bird: string;
  readonly frr: string;
}

const rows: Readonly<Record<Sender, readonly Row[]>> = {
  external: [...externalRows, ...multiprotocolRows],
  internal: [...internalRows, ...internalMultiprotocolRows],
  old: oldRows,
};

/** Malformed UPDATEs. */
export const malformedUpdates: readonly MalformedMessage[] = (Object.keys(rows) as Sender[]).flatMap((sender) =>
  rows[sender].map(([rule, name, bytes, expected, bird, frr]) => ({ rule, name, sender, bytes, expected, bird, frr })),
);

/** Malformed headers, OPENs and ROUTE-REFRESHs. */
export const malformedOthers: readonly (MalformedMessage & { readonly data: string })[] = otherRows.map(
  ([rule, name, bytes, expected, data, bird, frr]) => ({ rule, name, sender: "external", bytes, expected, data, bird, frr }),
);
