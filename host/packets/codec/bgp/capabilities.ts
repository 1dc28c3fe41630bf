/** Capabilities of an OPEN: one row each, as in `wasm/wire/bgp/capabilities`. */
import type { AfiSafi, Capability } from "../../../contract/bgp-messages.ts";
import { bgpModule, once, read, readBytes, readWords, type Values, write } from "./record.ts";
import { formatHex, parseHex } from "./text.ts";

type Name = Exclude<Capability["name"], "unknown">;

/** A kind of capability: its code, and its value as the numbers that the module reads and writes. */
interface Row<Kind extends Capability> {
  /** In the module's enum `Capability`. */
  readonly code: string;
  read(words: readonly number[]): Omit<Kind, "name">;
  write(capability: Kind): readonly number[];
}

const RESTART_STATE = 0x8000;
const NOTIFICATION = 0x4000;
const RESTART_TIME = 0x0fff;
const FORWARDING_STATE = 0x80;

const rows: { readonly [Kind in Name]: Row<Extract<Capability, { readonly name: Kind }>> } = {
  multiprotocol: {
    code: "Multiprotocol",
    read: ([afi = 0, safi = 0]) => ({ afi, safi }),
    write: ({ afi, safi }) => [afi, safi],
  },
  routeRefresh: { code: "RouteRefresh", read: () => ({}), write: () => [] },
  extendedNextHop: {
    code: "ExtendedNextHop",
    read: (words) => ({ families: triples(words).map(([afi, safi, nextHopAfi]) => ({ afi, safi, nextHopAfi })) }),
    write: ({ families }) => families.flatMap(({ afi, safi, nextHopAfi }) => [afi, safi, nextHopAfi]),
  },
  extendedMessage: { code: "ExtendedMessage", read: () => ({}), write: () => [] },
  gracefulRestart: {
    code: "GracefulRestart",
    read: ([head = 0, ...rest]) => ({
      restartState: (head & RESTART_STATE) !== 0,
      notification: (head & NOTIFICATION) !== 0,
      restartTime: head & RESTART_TIME,
      families: triples(rest).map(([afi, safi, flags]) => ({ afi, safi, forwardingState: (flags & FORWARDING_STATE) !== 0 })),
    }),
    write({ restartState, notification, restartTime, families }) {
      if (restartTime > RESTART_TIME)
        throw new RangeError(`Cannot encode restart time ${restartTime}: expected 0 to ${RESTART_TIME} seconds`);
      const entry = ({ afi, safi, forwardingState }: AfiSafi & { forwardingState: boolean }) => [
        afi,
        safi,
        forwardingState ? FORWARDING_STATE : 0,
      ];
      return [(restartState ? RESTART_STATE : 0) | (notification ? NOTIFICATION : 0) | restartTime, ...families.flatMap(entry)];
    },
  },
  fourOctetAs: { code: "FourOctetAs", read: ([asNumber = 0]) => ({ asNumber }), write: ({ asNumber }) => [asNumber] },
  enhancedRouteRefresh: { code: "EnhancedRouteRefresh", read: () => ({}), write: () => [] },
};

const names = Object.keys(rows) as readonly Name[];

const codes = once(() => new Map(names.map((name) => [name, bgpModule().value(`Capability.${rows[name].code}`)])));
const byCode = once(() => new Map([...codes()].map(([name, code]) => [code, name])));

function entryAt(index: number): number {
  const { value } = bgpModule();
  return value("CAPABILITIES") + index * value("CAPABILITY_BYTES");
}

/** Entry `index` of the module's list. */
export function readCapability(index: number): Capability {
  const at = entryAt(index);
  const code = read("CAPABILITY_CODE", at);
  const name = byCode().get(code);
  if (name === undefined) return { name: "unknown", code, value: formatHex(readBytes("CAPABILITY_VALUE", at)) };
  return { name, ...rows[name].read(readWords("CAPABILITY_VALUE", at)) } as Capability;
}

/** Throws TypeError where a value makes no sense. */
export function writeCapability(capability: Capability, index: number, values: Values): void {
  const { value } = bgpModule();
  const at = entryAt(index);
  if (capability.name === "unknown") {
    const bytes = parseHex(capability.value);
    if (bytes === undefined) throw new TypeError(`Cannot encode capability ${capability.code}: value is ${capability.value}, expected hex`);
    write("CAPABILITY_CODE", capability.code, at);
    write("CAPABILITY_FORM", value("FORM_BYTES"), at);
    values.putBytes(bytes, "CAPABILITY_VALUE", at);
    return;
  }
  const row = rows[capability.name] as Row<Capability>;
  write("CAPABILITY_CODE", codes().get(capability.name) as number, at);
  write("CAPABILITY_FORM", value("FORM_WORDS"), at);
  values.putWords(row.write(capability), "CAPABILITY_VALUE", at);
}

function triples(words: readonly number[]): [number, number, number][] {
  return Array.from(
    { length: Math.floor(words.length / 3) },
    (_, index) => words.slice(index * 3, index * 3 + 3) as [number, number, number],
  );
}
