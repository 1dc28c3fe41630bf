/**
 * Module `routes`: what should be announced, what each outside party was told, and the difference.
 *
 * A row says that a prefix is reached over a next hop with a set of attributes. Attribute sets are numbers here; what
 * they contain is the host's business, which keeps one content-keyed table of them and does not reuse a number while
 * a row holds it. So comparing two rows is comparing 20 bytes: the next hop is among them, and a change of only that
 * is a change.
 *
 * Tables are columns over interned keys. There are desired tables and told tables; a told table follows one desired
 * table and is the record of one outside party: an announcer's, or the Adj-RIB-Out of one BGP peer (RFC 4271 §3.2
 * "Routing Information Base"). It has a dirty bit a key, and `diff` looks at dirty keys only: one changed route costs
 * one route, however many are installed. A new told table is empty and all dirty, so first connect, reconnect and
 * change are the same code, and a route refresh is `doubtAll`.
 *
 * In: rows through the mailbox `ROWS`, `BATCH_MAX` at a time. Out: changes through the mailbox `CHANGES`. What was
 * given out is *unsure* in the told table until the host says what became of it; a row that stays unsure is given out
 * again after `touch`, or as soon as what is desired there changes.
 *
 * The module imports nothing, makes no objects and is total: every argument gives a count or a status below zero.
 * Its memory grows in `reserve` only. Left out on purpose: best-path selection, routes learned from peers, longest
 * match. A key is found by being equal.
 */

export { diff, Kind } from "./diff";
export { keyCount, reserve, seed } from "./keys";
export { BATCH_MAX, CHANGE_BYTES, CHANGES, KEYS_MAX, keyCapacity, ROW_BYTES, ROWS, TABLES_MAX, tableCapacity } from "./memory";
export { Status } from "./status";
export { close, doubtAll, exchange, get, openDesired, openTold, put, remove, rowCount, touch, touchAll, UNSURE } from "./tables";
