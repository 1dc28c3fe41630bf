/** Grants as rules of the guard: what the texts mean, the numbers must mean too. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Permission } from "../../announcer.ts";
import { Guard } from "../../packets/guarded/guard.ts";
import { macNumber } from "../../packets/program.ts";
import { randomFrom, testSeed } from "../../workbench/testing/random.ts";
import { Grants } from "../permissions/grants.ts";
import { toSendRules } from "./send-rules.ts";

const RULES = suite("send rules");
const ARP = 0x0806;
const links = [
  { id: 0, name: "eth0" },
  { id: 3, name: "eth1" },
  { id: 9, name: "wlan0" },
];
const frame = (parts: Partial<Permission & { kind: "frame" }> = {}): Permission => ({ kind: "frame", link: "*", etherType: ARP, ...parts });
const rules = (allow: readonly Permission[], deny: readonly Permission[] = []) => toSendRules(new Grants("test", allow, deny), links);
const sourceOf = (sourceMac: string) => rules([frame({ sourceMac })]).frames[0]?.source;

RULES("links are those whose names match, and grants for none are left out", () => {
  const { frames } = rules(
    [frame({ link: "eth*" }), frame({ link: "eth0", ipProtocol: 112 }), frame({ link: "br*" })],
    [frame({ link: "wlan0" })],
  );
  assert.equal(frames, [
    { isDenial: false, links: 0b1001n, etherType: ARP },
    { isDenial: false, links: 1n, etherType: ARP, ipProtocol: 112 },
    { isDenial: true, links: 1n << 9n, etherType: ARP },
  ]);
});

RULES("patterns of MACs become bits", () => {
  assert.equal(sourceOf("02:00:00:00:00:01"), { value: macNumber("02:00:00:00:00:01"), mask: 2 ** 48 - 1 });
  assert.equal(sourceOf("00:00:5E:00:01:*"), { value: macNumber("00:00:5e:00:01:00"), mask: macNumber("ff:ff:ff:ff:ff:00") });
  assert.equal(sourceOf("0*"), { value: 0, mask: macNumber("f0:00:00:00:00:00") });
  assert.equal(sourceOf("*:ff"), { value: 255, mask: 255 });
  assert.equal(sourceOf("0a:*:ff"), { value: macNumber("0a:00:00:00:00:ff"), mask: macNumber("ff:00:00:00:00:ff") });
  assert.equal(sourceOf("*"), { value: 0, mask: 0 });
});

RULES("a pattern that no MAC has grants the link's own, and denies nothing", () => {
  for (const sourceMac of ["02:00", "", "zz:*", "02-*", "02:00:00:00:00:0*:00:00", "*:00:00:00:00:00:00"]) {
    assert.is(sourceOf(sourceMac), undefined, sourceMac);
    assert.equal(rules([], [frame({ sourceMac })]).frames, []);
  }
});

RULES("a pattern of several stars is refused", () => {
  assert.throws(() => sourceOf("02:*:01:*"), /^Cannot guard the source MACs "02:\*:01:\*": expected at most one \*$/);
});

RULES("what was revoked is denied", () => {
  const grants = new Grants("test", [frame()]);
  let calls = 0;
  grants.watch(() => calls++);
  grants.revoke(frame({ link: "eth1" }));
  assert.equal(
    toSendRules(grants, links).frames.map(({ isDenial, links: its }) => [isDenial, its]),
    [
      [false, 0b1000001001n],
      [true, 0b1000n],
    ],
  );
  const takeBack = grants.replace([]);
  assert.is(toSendRules(grants, links).frames.length, 1);
  takeBack();
  assert.is(calls, 3);
});

RULES("hosts are judged as by the grants themselves", () => {
  const random = randomFrom(testSeed());
  const scopes = ["192.0.2.0/24:520", "192.0.2.7:*", "*:53", "[2001:db8::/32]:179", "[::/0]:9", "0.0.0.0/0:1", "[2001:db8::5]:*"];
  const addresses = [
    "192.0.2.7",
    "192.0.2.9",
    "192.0.3.1",
    "2001:db8::5",
    "2001:db9::1",
    "::1",
    "255.255.255.255",
    "::fffe:ffff:ffff",
    "::1:0:0:0",
  ];
  const ports = [1, 9, 53, 179, 520, 65_535];
  const guard = new Guard();
  const pick = (): Permission[] =>
    Array.from({ length: random(4) }, () => ({ kind: "udp", host: scopes[random(scopes.length)] as string }));
  for (let round = 0; round < 300; round++) {
    const grants = new Grants("test", pick(), pick());
    guard.setRules(toSendRules(grants, []));
    for (const address of addresses) {
      for (const port of ports) {
        const isAllowed = grants.allows({ kind: "udp", host: address.includes(":") ? `[${address}]:${port}` : `${address}:${port}` });
        assert.is(mayReach(guard, address, port), isAllowed, `${address} ${port}`);
      }
    }
  }
});

function mayReach(guard: Guard, address: string, port: number): boolean {
  const view = new DataView(guard.memory.buffer, guard.area, 32);
  const isV6 = address.includes(":");
  view.setUint16(8, port, true);
  view.setUint8(10, isV6 ? 6 : 4);
  guard.memory.set(isV6 ? ipv6(address) : address.split(".").map(Number), guard.area + 16);
  return guard.checkDatagram(guard.area) === 0;
}

function ipv6(text: string): Uint8Array {
  const [head = "", tail = ""] = text.split("::").map((half) => half);
  const words = (half: string) => (half === "" ? [] : half.split(":").map((word) => Number.parseInt(word, 16)));
  const [first, last] = [words(head), words(tail)];
  const all = [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
  return Uint8Array.from(all.flatMap((word) => [word >> 8, word & 255]));
}

RULES.run();
