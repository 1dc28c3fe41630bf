/** Module `guard`: every form in which a frame could claim what is not its plugin's, and what a plugin may send. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Fields } from "../../host/packets/codec/codec.ts";
import { toEndpoint } from "../../host/packets/datagram-options.ts";
import { Guard } from "../../host/packets/guarded/guard.ts";
import type { FrameRule, HostRule } from "../../host/packets/guarded/rules.ts";
import { macNumber } from "../../host/packets/program.ts";
import { solicit } from "../../host/workbench/testing/ndp-frames.ts";
import { addressAttributes, arpFrame, ProgramStation, writeRow } from "../../host/workbench/testing/program-station.ts";
import { randomFrom, testSeed } from "../../host/workbench/testing/random.ts";

const GUARD = suite("guard");
const MAC = "02:00:00:00:00:02";
const OTHER = "02:00:00:00:00:99";
const VIP = "192.0.2.1";
const VIP6 = "2001:db8::1";
const FOREIGN = "192.0.2.77";
const ARP = 0x0806;
const IPV6 = 0x86dd;
const ICMPV6 = 58;

const rule = (parts: Partial<FrameRule> = {}): FrameRule => ({ isDenial: false, links: 1n, etherType: ARP, ...parts });
const icmp = rule({ etherType: IPV6, ipProtocol: ICMPV6 });

function start(frames: readonly FrameRule[] = [rule(), icmp], hosts: readonly HostRule[] = []) {
  const guard = new Guard();
  guard.setRules({ frames, hosts });
  guard.setLink(0, MAC);
  guard.setLink(1, "02:00:00:00:00:03");
  for (const address of [VIP, VIP6]) assert.ok(guard.assign(writeRow({ address })));
  /** At the end of the area, so that what is read behind the frame is nobody's. */
  const check = (frame: Uint8Array, link = 0): string => {
    const at = guard.area + guard.areaBytes - frame.length;
    guard.memory.set(frame, at);
    return guard.dropNames[guard.checkFrame(at, frame.length, link)] as string;
  };
  return { guard, check };
}

const own = (fields: Partial<Fields> = {}): Uint8Array =>
  arpFrame({ source: MAC, senderMac: MAC, senderAddress: VIP, targetAddress: "192.0.2.200", ...fields });

/** An ICMPv6 packet of MAC from `source`, with a target behind its first eight bytes and options behind that. */
function neighbor(type: number, source: string, target: string, options: readonly number[] = []): Uint8Array {
  const bytes = (text: string) => toEndpoint({ address: text, udpPort: 0 }).address;
  const body = [type, 0, 0, 0, 0, 0, 0, 0, ...bytes(target), ...options];
  const header = [
    0x60,
    0,
    0,
    0,
    0,
    body.length,
    ICMPV6,
    255,
    ...(source === "::" ? new Uint8Array(16) : bytes(source)),
    ...bytes("ff02::1"),
  ];
  return Uint8Array.from([0x33, 0x33, 0, 0, 0, 1, ...macBytes(MAC), 0x86, 0xdd, ...header, ...body]);
}

function macBytes(mac: string): number[] {
  return mac.split(":").map((byte) => Number.parseInt(byte, 16));
}

function changed(frame: Uint8Array, at: number, ...bytes: readonly number[]): Uint8Array {
  const copy = Uint8Array.from(frame);
  copy.set(bytes, at);
  return copy;
}

const tagged = (tag: number): Uint8Array => Uint8Array.from([...own().subarray(0, 12), tag >> 8, tag & 255, 0, 7, ...own().subarray(12)]);
const link = (option: number, mac: string): number[] => [option, 1, ...macBytes(mac)];

const frames: Readonly<Record<string, readonly [frame: Uint8Array, says: string]>> = {
  "an announcement of an own address": [own({ targetAddress: VIP }), "none"],
  "a reply for an own address": [own({ operation: 2, targetMac: OTHER }), "none"],
  "a question from an own address": [own(), "none"],
  "a probe for an own address": [own({ senderAddress: "0.0.0.0", targetAddress: VIP }), "none"],
  "a reply for another's address": [own({ operation: 2, senderAddress: FOREIGN }), "address"],
  "a question from another's address": [own({ senderAddress: FOREIGN, targetAddress: VIP }), "address"],
  "a gratuitous request for another's address": [own({ senderAddress: FOREIGN, targetAddress: FOREIGN }), "address"],
  "a gratuitous reply for another's address": [own({ operation: 2, senderAddress: FOREIGN, targetAddress: FOREIGN }), "address"],
  "a probe for another's address": [own({ senderAddress: "0.0.0.0", targetAddress: FOREIGN }), "address"],
  "a reply from nobody": [own({ operation: 2, senderAddress: "0.0.0.0", targetAddress: VIP }), "address"],
  "a reply that names another MAC": [changed(own({ operation: 2 }), 22, ...macBytes(OTHER)), "claimed_mac"],
  "a forged source MAC": [own({ source: OTHER, senderMac: OTHER }), "source_mac"],
  "a group as source": [changed(own(), 6, 0x03), "source_mac"],
  "an inverse request": [changed(own(), 21, 8), "arp_form"],
  "ARP for another protocol": [changed(own(), 16, 0x86, 0xdd), "arp_form"],
  "ARP with longer addresses": [changed(own(), 18, 6, 16), "arp_form"],
  "ARP for another network": [changed(own(), 15, 6), "arp_form"],
  "a short ARP packet": [own().subarray(0, 41), "truncated"],
  "half an Ethernet header": [own().subarray(0, 13), "truncated"],
  "no bytes": [new Uint8Array(0), "truncated"],
  "a tag of a customer": [tagged(0x8100), "tagged"],
  "a tag of a provider": [tagged(0x88a8), "tagged"],
  "an old tag": [tagged(0x9100), "tagged"],
  "ARP behind LLC": [Uint8Array.from([...own().subarray(0, 12), 0, 36, 0xaa, 0xaa, 3, 0, 0, 0, 8, 6, ...own().subarray(14)]), "ether_type"],
  "an EtherType that was not granted": [changed(own(), 12, 0x80, 0x35), "ether_type"],
  "a protocol that was not granted": [changed(neighbor(136, VIP6, VIP6), 20, 17), "ip_protocol"],
  "IPv4 in IPv6's place": [changed(neighbor(136, VIP6, VIP6), 14, 0x45), "truncated"],
  "an IPv6 packet cut short": [neighbor(136, VIP6, VIP6).subarray(0, 50), "truncated"],
  "an advertisement of an own address": [neighbor(136, VIP6, VIP6, link(2, MAC)), "none"],
  "an advertisement that is longer than its frame": [changed(neighbor(136, VIP6, VIP6), 18, 0, 200), "truncated"],
  "an advertisement of another's address": [neighbor(136, VIP6, "2001:db8::7"), "address"],
  "an advertisement from another's address": [neighbor(136, "2001:db8::7", VIP6), "address"],
  "an advertisement that names another MAC": [neighbor(136, VIP6, VIP6, link(2, OTHER)), "claimed_mac"],
  "one that names another MAC in its second option": [neighbor(136, VIP6, VIP6, [...link(2, MAC), ...link(2, OTHER)]), "claimed_mac"],
  "an option of no length": [neighbor(136, VIP6, VIP6, [14, 0, 0, 0, 0, 0, 0, 0]), "truncated"],
  "an option that is too long": [neighbor(136, VIP6, VIP6, [14, 2, 0, 0, 0, 0, 0, 0]), "truncated"],
  "a question from an own IPv6 address": [neighbor(135, VIP6, "2001:db8::7", link(1, MAC)), "none"],
  "a question from another's IPv6 address": [neighbor(135, "2001:db8::7", VIP6, link(1, MAC)), "address"],
  "a question that names another MAC": [neighbor(135, VIP6, "2001:db8::7", link(1, OTHER)), "claimed_mac"],
  "a probe for an own IPv6 address": [neighbor(135, "::", VIP6), "none"],
  "a probe for another's IPv6 address": [neighbor(135, "::", "2001:db8::7"), "address"],
  "a Router Solicitation from nobody": [neighbor(133, "::", VIP6).subarray(0, 62), "truncated"],
  "a Router Advertisement": [neighbor(134, VIP6, VIP6), "icmp_type"],
  "a Redirect": [neighbor(137, VIP6, VIP6), "icmp_type"],
  "an inverse advertisement": [neighbor(142, VIP6, VIP6), "icmp_type"],
  "an echo request": [neighbor(128, VIP6, VIP6), "none"],
};

for (const [name, [frame, says]] of Object.entries(frames)) {
  GUARD(`${name}: ${says}`, () => {
    assert.is(start().check(frame), says);
  });
}

for (const header of [0, 43, 44, 51, 60, 135, 139, 140, 253, 254]) {
  GUARD(`IPv6 extension header ${header} is refused, whatever is granted`, () => {
    const { check } = start([rule({ etherType: IPV6 })]);
    assert.is(check(changed(neighbor(136, VIP6, "2001:db8::7"), 20, header)), "extension_header");
  });
}

GUARD("a Router Solicitation from an own address, or from nobody", () => {
  const { check } = start();
  const soliciting = (source: string, ...options: number[]) => {
    const frame = neighbor(133, source, "::1", options);
    // Without the target that other messages have.
    return changed(Uint8Array.from([...frame.subarray(0, 62), ...frame.subarray(78)]), 18, 0, 8 + options.length);
  };
  assert.is(check(soliciting("::")), "none");
  assert.is(check(soliciting(VIP6, ...link(1, MAC))), "none");
  assert.is(check(soliciting(VIP6, ...link(1, OTHER))), "claimed_mac");
  assert.is(check(soliciting("2001:db8::7")), "address");
});

for (const [name, request] of [
  ["arp", own({ source: OTHER, senderMac: OTHER, senderAddress: FOREIGN, targetAddress: VIP })],
  ["ndp", solicit(VIP6)],
] as const) {
  GUARD(`all that the ${name} program says may leave`, () => {
    const { check } = start();
    const station = new ProgramStation(name);
    const address = name === "arp" ? VIP : VIP6;
    station.program.setLink(0, MAC, true);
    station.put({ address, state: "standby", attributes: addressAttributes({ askSerial: 1 }) });
    const probes = station.tick(0);
    station.put({ address });
    const sent = [...probes, ...station.tick(2000), ...station.receive(0, [request], 2000)];
    assert.ok(sent.length >= 3, `${sent.length} frames`);
    for (const { frame } of sent) assert.is(check(frame), "none");
    const forged = start([rule({ source: { value: 0, mask: 0 } }), { ...icmp, source: { value: 0, mask: 0 } }]);
    for (const { frame } of sent)
      assert.is(forged.check(changed(frame, 11, 0x99)), name === "arp" || frame.length > 78 ? "claimed_mac" : "none");
  });
}

GUARD("an address is assigned until it is freed", () => {
  const { guard, check } = start();
  guard.free(writeRow({ address: VIP }));
  assert.is(check(own()), "address");
  guard.assign(writeRow({ address: VIP }));
  assert.is(check(own()), "none");
});

GUARD("an IPv4 address is not the IPv6 address of the same bytes", () => {
  const { guard, check } = start();
  guard.assign(writeRow({ address: "c000:24d::" }));
  assert.is(check(own({ senderAddress: FOREIGN })), "address");
});

GUARD("grants are for their links, protocols and MACs", () => {
  const { check } = start([
    rule({ links: 0b10n, source: { value: macNumber("00:00:5e:00:01:00"), mask: macNumber("ff:ff:ff:ff:ff:00") } }),
    rule({ links: 1n, etherType: 0x0800, ipProtocol: 112 }),
  ]);
  const virtual = own({ source: "00:00:5e:00:01:07", senderMac: "00:00:5e:00:01:07" });
  assert.is(check(virtual, 1), "none");
  assert.is(check(virtual, 0), "ether_type", "not on that link");
  assert.is(check(virtual, 64), "ether_type", "no link");
  assert.is(check(own({ source: "00:00:5e:00:02:07", senderMac: "00:00:5e:00:02:07" }), 1), "source_mac");
  assert.is(check(own(), 1), "source_mac", "another link's MAC");
  const ipv4 = (protocol: number) =>
    Uint8Array.from([...new Uint8Array(6), ...macBytes(MAC), 8, 0, 0x45, ...new Uint8Array(8), protocol, ...new Uint8Array(10)]);
  assert.is(check(ipv4(112)), "none");
  assert.is(check(ipv4(17)), "ip_protocol");
  assert.is(check(ipv4(112).subarray(0, 33)), "truncated");
});

GUARD("a source of any MAC may be granted", () => {
  assert.is(start([rule({ source: { value: 0, mask: 0 } })]).check(own({ source: OTHER, senderMac: OTHER })), "none");
});

GUARD("a denial wins, whatever stands before or behind it", () => {
  const denial = rule({ isDenial: true });
  for (const frames of [
    [rule(), denial],
    [denial, rule()],
  ])
    assert.is(start(frames).check(own()), "denied");
  assert.is(start([rule(), rule({ isDenial: true, links: 0b10n })]).check(own()), "none");
  const any = rule({ source: { value: 0, mask: 0 } });
  const { check } = start([any, rule({ isDenial: true, source: { value: macNumber(OTHER), mask: 2 ** 48 - 1 } })]);
  assert.is(check(own({ source: OTHER, senderMac: OTHER })), "denied");
  assert.is(check(own()), "none", "the link's own stays");
});

GUARD("datagrams go where it was granted", () => {
  const range = (first: string, last: string, port?: number, isDenial = false): HostRule => {
    const mapped = (text: string) => {
      const { family, address } = toEndpoint({ address: text, udpPort: 0 });
      return family === 6 ? address : Uint8Array.from([...new Uint8Array(10), 255, 255, ...address.subarray(0, 4)]);
    };
    return { isDenial, first: mapped(first), last: mapped(last), ...(port === undefined ? {} : { port }) };
  };
  const { guard } = start(
    [],
    [range("192.0.2.0", "192.0.2.255", 520), range("2001:db8::", "2001:db8::ffff"), range("192.0.2.7", "192.0.2.7", undefined, true)],
  );
  const check = (family: number, address: string | Uint8Array, port: number) => {
    const descriptor = new DataView(guard.memory.buffer, guard.area, 32);
    descriptor.setUint16(8, port, true);
    descriptor.setUint8(10, family);
    guard.memory.set(typeof address === "string" ? toEndpoint({ address, udpPort: port }).address : address, guard.area + 16);
    return guard.dropNames[guard.checkDatagram(guard.area)];
  };
  assert.is(check(4, "192.0.2.1", 520), "none");
  assert.is(check(4, "192.0.2.0", 520), "none");
  assert.is(check(4, "192.0.2.255", 520), "none");
  assert.is(check(4, "192.0.3.0", 520), "destination");
  assert.is(check(4, "192.0.1.255", 520), "destination");
  assert.is(check(4, "192.0.2.1", 521), "destination");
  assert.is(check(4, "192.0.2.7", 520), "denied");
  assert.is(check(6, "2001:db8::9", 1), "none");
  assert.is(check(6, "2001:db8::1:0", 1), "destination");
  const mapped = Uint8Array.from([...new Uint8Array(10), 255, 255, 192, 0, 2, 1]);
  assert.is(check(6, mapped, 520), "destination", "an IPv4 address by another name");
});

GUARD("more rules than there is room for are refused, and change nothing", () => {
  const { guard, check } = start();
  assert.throws(
    () => guard.setRules({ frames: Array.from({ length: 65 }, () => rule({ isDenial: true })), hosts: [] }),
    /^Cannot keep 65 frame permissions of a plugin apart: expected at most 64$/,
  );
  assert.is(check(own()), "none");
});

GUARD("thousands of addresses come and go, and those that are there are found", () => {
  const random = randomFrom(testSeed());
  const { guard, check } = start();
  const has = new Set<number>();
  const address = (number: number) => `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`;
  for (let round = 0; round < 60_000; round++) {
    const number = random(20_000);
    const row = writeRow({ address: address(number) });
    if (has.has(number)) {
      guard.free(row);
      has.delete(number);
    } else if (guard.assign(row)) has.add(number);
  }
  for (let number = 0; number < 20_000; number += 7)
    assert.is(check(own({ senderAddress: address(number) })), has.has(number) ? "none" : "address");
});

GUARD("a full set refuses one more", () => {
  const { guard } = start();
  const address = (number: number) => writeRow({ address: `10.0.${number >> 8}.${number & 255}` });
  for (let number = 0; number < 16_382; number++) assert.ok(guard.assign(address(number)));
  assert.not(guard.assign(address(16_382)));
  assert.ok(guard.assign(address(5)), "one that is there");
  guard.free(address(5));
  assert.ok(guard.assign(address(16_382)));
});

GUARD("random frames never trap, and never pass with another's address", () => {
  const random = randomFrom(testSeed());
  const { check } = start();
  const sound = [own(), own({ operation: 2 }), neighbor(136, VIP6, VIP6, link(2, MAC)), neighbor(135, VIP6, VIP6, link(1, MAC))];
  for (let round = 0; round < 200_000; round++) {
    const frame = Uint8Array.from(sound[random(sound.length)] as Uint8Array);
    for (let left = random(4); left > 0; left--) frame[random(frame.length)] = random(256);
    if (check(frame.subarray(0, frame.length - random(3))) !== "none") continue;
    assert.is(Buffer.from(frame.subarray(6, 12)).toString("hex"), "020000000002");
    if (frame[12] === 8) assert.ok([VIP, "0.0.0.0"].includes(frame.subarray(28, 32).join(".")));
  }
});

GUARD("the module imports nothing", () => {
  const bytes = readFileSync(new URL("../../dist/wasm/guard.wasm", import.meta.url));
  assert.equal(WebAssembly.Module.imports(new WebAssembly.Module(bytes)), []);
});

GUARD.run();
