/** Filters in memory; `kernel-wire.test.ts` shows that the kernel decides as `runFilter` does. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { frameFilter, runFilter } from "./filter.ts";

const FILTER = suite("filter");
const ours = { tagged: false, otherHost: false };

/** A frame of an EtherType; `rest` are bytes behind it, by offset in the frame. */
function frame(etherType: number, length: number, rest: Readonly<Record<number, number>> = {}): Uint8Array {
  const bytes = new Uint8Array(length);
  if (length >= 14) new DataView(bytes.buffer).setUint16(12, etherType);
  for (const [at, byte] of Object.entries(rest)) bytes[Number(at)] = byte;
  return bytes;
}

FILTER("frameFilter() lets through the EtherType, untagged, for this host", () => {
  const arp = frameFilter({ etherType: 0x0806 });
  assert.ok(runFilter(arp, frame(0x0806, 60), ours));
  assert.not(runFilter(arp, frame(0x0800, 60), ours));
  assert.not(runFilter(arp, frame(0x0806, 60), { ...ours, tagged: true }));
  assert.not(runFilter(arp, frame(0x0806, 60), { ...ours, otherHost: true }));
});

FILTER("frameFilter() looks at the IP protocol where one is named", () => {
  const icmpv6 = frameFilter({ etherType: 0x86dd, ipProtocol: 58 });
  assert.ok(runFilter(icmpv6, frame(0x86dd, 86, { 20: 58 }), ours));
  assert.not(runFilter(icmpv6, frame(0x86dd, 86, { 20: 17, 23: 58 }), ours));
  const vrrp = frameFilter({ etherType: 0x0800, ipProtocol: 112 });
  assert.ok(runFilter(vrrp, frame(0x0800, 60, { 23: 112 }), ours));
  assert.not(runFilter(vrrp, frame(0x0800, 60, { 20: 112 }), ours));
});

FILTER("frameFilter() looks at the UDP port where one is named", () => {
  const echoes = frameFilter({ etherType: 0x0800, ipProtocol: 17, udpPort: 3785 });
  const sound = { 14: 0x45, 23: 17, 36: 3785 >> 8, 37: 3785 & 255 };
  assert.ok(runFilter(echoes, frame(0x0800, 60, sound), ours));
  for (const [at, byte] of [
    [14, 0x46],
    [23, 6],
    [36, 0],
    [37, 0],
  ] as const)
    assert.not(runFilter(echoes, frame(0x0800, 60, { ...sound, [at]: byte }), ours));
});

FILTER("frameFilter() looks at the type of ICMPv6 where some are named, right behind the IPv6 header", () => {
  const neighbors = frameFilter({ etherType: 0x86dd, ipProtocol: 58, icmpTypes: [135, 136] });
  for (let type = 0; type < 256; type++)
    assert.is(runFilter(neighbors, frame(0x86dd, 86, { 20: 58, 54: type }), ours), type === 135 || type === 136, `type ${type}`);
  assert.not(runFilter(neighbors, frame(0x86dd, 86, { 20: 0, 54: 135 }), ours), "behind hop-by-hop options");
  assert.not(runFilter(neighbors, frame(0x86dd, 54, { 20: 58 }), ours), "without a type");
  const vrrp = frameFilter({ etherType: 0x86dd, ipProtocol: 112, icmpTypes: [135] });
  assert.ok(runFilter(vrrp, frame(0x86dd, 86, { 20: 112 }), ours), "another protocol has no such types");
});

FILTER("a frame that ends before what a filter looks at is refused", () => {
  const icmpv6 = frameFilter({ etherType: 0x86dd, ipProtocol: 58 });
  const whole = frame(0x86dd, 86, { 20: 58 });
  for (let length = 0; length <= 20; length++) assert.not(runFilter(icmpv6, whole.subarray(0, length), ours), `${length} bytes`);
  assert.ok(runFilter(icmpv6, whole.subarray(0, 21), ours));
});

FILTER("every jump lands on the next check or a return", () => {
  for (const match of [
    { etherType: 0x0806 },
    { etherType: 0x86dd, ipProtocol: 58 },
    { etherType: 0x0800, ipProtocol: 17, udpPort: 3785 },
    { etherType: 0x86dd, ipProtocol: 58, icmpTypes: [133, 134, 135, 136] },
  ]) {
    const program = frameFilter(match);
    const [accept, reject] = [program.length - 2, program.length - 1];
    assert.equal(program[accept], [0x06, 0, 0, 0x40000]);
    assert.equal(program[reject], [0x06, 0, 0, 0]);
    program.forEach(([code, jt, jf], at) => {
      if (code !== 0x15) return;
      for (const to of [at + 1 + jt, at + 1 + jf]) {
        const isNextCheck = to <= accept && program[to - 1]?.[0] === 0x15;
        assert.ok(to === reject || isNextCheck, `${at} to ${to}`);
      }
      assert.ok(at + 1 !== accept || at + 1 + Math.max(jt, jf) === reject, "the last one refuses");
    });
  }
});

FILTER.run();
