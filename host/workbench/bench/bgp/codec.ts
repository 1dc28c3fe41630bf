/**
 * What encoding and diffing cost by themselves, one thread, no socket, rows in WebAssembly memory. What comes out is checked: every message
 * is decoded once and its prefixes counted, and every diff must give as many changes as there are.
 */
import { bgp } from "../../../packets/codec/bgp.ts";
import { wireModule } from "../../../packets/codec/wire-module.ts";
import { CHANGE_BYTES, ROW_BYTES } from "../../../packets/route-row.ts";
import { RouteTables } from "../../../packets/routes.ts";
import { stations } from "./network.ts";
import { encodeChanges, type RouteTable, writeChanges, writeRows } from "./routes.ts";

/** A value a round. */
export interface CodecRun extends RouteTable {
  /** Rows in the module's memory to UPDATEs there. */
  readonly encodeNs: readonly number[];
  /** Rows outside to UPDATEs outside, attributes encoded too: what a peer costs. */
  readonly packNs: readonly number[];
  /** A table against an equal one, every key looked at. */
  readonly equalMs: readonly number[];
  /** Against one that holds the same routes with other attributes: every row is a change. */
  readonly changedMs: readonly number[];
}

/** V8 compiles a module twice: at once, and well, in a thread of its own that a busy machine keeps waiting. */
const WARM_UP_ROUNDS = 2;
const ENCODE_WARM_UP_ROUNDS = 20;
const LONGEST = 4096;

export function measureCodec(table: RouteTable, rounds: number): CodecRun {
  const changes = writeChanges(table, "added");
  checkMessages(encodeChanges(changes, stations.sender), table);
  const count = WARM_UP_ROUNDS + rounds;
  const repeat = (measure: () => number) => Array.from({ length: count }, measure).slice(WARM_UP_ROUNDS);
  const perRoute = (ms: number) => (ms * 1e6) / table.routes;
  for (let round = 0; round < ENCODE_WARM_UP_ROUNDS; round++) encode(changes);
  const encodeNs = repeat(() => perRoute(encode(changes)));
  const packNs = repeat(() => perRoute(timed(() => void encodeChanges(changes, stations.sender))));
  return { ...table, encodeNs, packNs, ...measureDiff(table, repeat) };
}

function timed(run: () => void): number {
  const startedMs = performance.now();
  run();
  return performance.now() - startedMs;
}

/** As `packChanges`, without copies in and out, and with attributes that are encoded already; in milliseconds. */
function encode(changes: Buffer): number {
  const { memory, view, value, call } = wireModule("bgp");
  const attributes = bgp.encodeAttributes({ origin: "igp", asPath: [], nextHop: stations.sender.address, communities: ["65000:1"] });
  const [first, count, isMoved, taken] = ["GROUP_FIRST", "GROUP_COUNT", "GROUP_IS_MOVED", "PACK_TAKEN"].map(value) as [
    number,
    number,
    number,
    number,
  ];
  const [groups, groupBytes, kind] = [value("GROUPS"), value("GROUP_BYTES"), value("Pack.Announce")];
  const batch = value("KEYS_MAX") * CHANGE_BYTES;
  let spentMs = 0;
  let packed = 0;
  memory.set(attributes, value("BLOB"));
  for (let from = 0; from < changes.length; from += batch) {
    const part = changes.subarray(from, from + batch);
    memory.set(part, value("CHANGES"));
    spentMs += timed(() => {
      const groupCount = call("group", part.length / CHANGE_BYTES);
      let used = 0;
      for (let group = groups; group < groups + groupCount * groupBytes; group += groupBytes) {
        const moved = view.getUint32(group + isMoved, true);
        used += call(
          "pack",
          kind,
          4,
          moved,
          view.getUint32(group + first, true),
          view.getUint32(group + count, true),
          attributes.length,
          0,
          LONGEST,
          used,
        );
        packed += view.getUint32(taken, true);
      }
    });
  }
  if (packed !== changes.length / CHANGE_BYTES) throw new Error(`Cannot measure encoding: ${packed} routes were packed`);
  return spentMs;
}

function checkMessages(chunks: readonly Uint8Array[], { routes, sets }: RouteTable): void {
  const framer = bgp.createFramer();
  let prefixes = 0;
  const communities = new Set<string>();
  for (const chunk of chunks) {
    for (const bytes of framer.push(chunk).messages) {
      const { message } = bgp.decode(bytes);
      if (message?.type !== "update") throw new Error("Cannot measure encoding: a message cannot be read");
      prefixes += message.nlri.length;
      communities.add(message.pathAttributes.communities?.join(" ") ?? "");
    }
  }
  if (prefixes !== routes || communities.size !== Math.min(sets, routes))
    throw new Error(`Cannot measure encoding: ${prefixes} prefixes with ${communities.size} attribute sets came of ${routes} with ${sets}`);
}

function measureDiff(table: RouteTable, repeat: (measure: () => number) => number[]): Pick<CodecRun, "equalMs" | "changedMs"> {
  const tables = new RouteTables();
  const desired = tables.openDesired();
  const rows = writeRows(table);
  const put = (to: number): void => {
    if (!tables.putRows(to, rows)) throw new Error("Cannot measure diffing: the tables are full");
  };
  put(desired);
  const told = tables.openTold(desired);
  const drain = (wanted: number) => () => {
    let changes = 0;
    for (let batch = tables.diffRows(told, true); batch.length > 0; batch = tables.diffRows(told, true))
      changes += batch.length / CHANGE_BYTES;
    if (changes !== wanted) throw new Error(`Cannot measure diffing: ${changes} changes came, ${wanted} are there`);
  };
  drain(table.routes)();
  const equalMs = repeat(() => {
    tables.touchAll(told);
    return timed(drain(0));
  });
  let next = 1;
  const changedMs = repeat(() => {
    next++;
    for (let at = 0; at < rows.length; at += ROW_BYTES) rows.writeUInt32LE(next, at + 20);
    put(desired);
    return timed(drain(table.routes));
  });
  return { equalMs, changedMs };
}
