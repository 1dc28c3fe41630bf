/**
 * The rule that is broken, empty where it is not an attribute's; then a name, the message, and the three verdicts that
 * `../malformed-bgp.ts` tells of.
 */
export type Row = readonly [rule: string, name: string, bytes: Buffer, expected: string, bird: string, frr: string];

/** As `Row`, with the Data field of the NOTIFICATION in hex; rules are those of capabilities. */
export type OtherRow = readonly [rule: string, name: string, bytes: Buffer, expected: string, data: string, bird: string, frr: string];
