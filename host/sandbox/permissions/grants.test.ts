import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { NotCapable, type Permission } from "../../announcer.ts";
import { grantHint } from "./grant-hint.ts";
import { Grants } from "./grants.ts";

const grants = suite("grants");

const ARP = 0x0806;
type Frame = Permission & { kind: "frame" };
const frame = (link: string, parts: Partial<Frame> = {}): Frame => ({ kind: "frame", link, etherType: ARP, ...parts });
const fetching = (origin: string): Permission => ({ kind: "fetch", origin });
const net = (host: string): Permission => ({ kind: "net", host });

/** What is granted, what is wanted, and whether that is allowed. */
const cases: readonly (readonly [granted: Permission, wanted: Permission, allowed: boolean])[] = [
  [frame("eth0"), frame("eth0"), true],
  [frame("eth0"), frame("eth1"), false],
  [frame("eth*"), frame("eth1"), true],
  [frame("*"), frame("br-lan"), true],
  [frame("en*s0"), frame("enp0s0"), true],
  [frame("en*s0"), frame("ens"), false],
  [frame("a*b*c"), frame("a1b2c"), true],
  [frame("a*b*c"), frame("a1c"), false],
  [frame("ab*ba"), frame("aba"), false],
  [frame("eth."), frame("eth0"), false],
  [frame("eth0"), frame("*"), false],
  [frame("eth0"), frame("eth0", { etherType: 0x86dd }), false],
  [frame("eth0", { etherType: 0x86dd, ipProtocol: 58 }), frame("eth0", { etherType: 0x86dd, ipProtocol: 58 }), true],
  [frame("eth0", { etherType: 0x86dd, ipProtocol: 58 }), frame("eth0", { etherType: 0x86dd, ipProtocol: 6 }), false],
  [frame("eth0", { etherType: 0x86dd, ipProtocol: 58 }), frame("eth0", { etherType: 0x86dd }), false],
  [frame("eth0", { etherType: 0x86dd }), frame("eth0", { etherType: 0x86dd, ipProtocol: 58 }), true],
  [frame("eth0"), frame("eth0", { sourceMac: "02:00:00:00:00:01" }), false],
  [frame("eth0", { sourceMac: "00:00:5e:00:01:*" }), frame("eth0", { sourceMac: "00:00:5E:00:01:07" }), true],
  [frame("eth0", { sourceMac: "00:00:5E:00:01:*" }), frame("eth0", { sourceMac: "00:00:5e:00:02:07" }), false],
  [frame("eth0", { sourceMac: "00:00:5e:00:01:*" }), frame("eth0"), true],
  [net("10.0.0.0/8:179"), net("10.0.0.1:179"), true],
  [net("10.0.0.0/8:179"), { kind: "listen", host: "10.0.0.1:179" }, false],
  [net("10.0.0.0/8:179"), { kind: "udp", host: "10.0.0.1:179" }, false],
  [{ kind: "listen", host: "0.0.0.0:179" }, { kind: "listen", host: "0.0.0.0:179" }, true],
  [{ kind: "udp", host: "224.0.0.0/4:*" }, { kind: "udp", host: "224.0.0.251:5353" }, true],
  [{ kind: "sys", fact: "hostname" }, { kind: "sys", fact: "hostname" }, true],
  [{ kind: "sys", fact: "host*" }, { kind: "sys", fact: "hostname" }, true],
  [{ kind: "sys", fact: "hostname" }, { kind: "sys", fact: "routes" }, false],
  [{ kind: "sys", fact: "*" }, frame("eth0"), false],
  [fetching("https://*.example.com"), fetching("https://api.example.com"), true],
  [fetching("https://*.example.com"), fetching("https://example.com"), false],
  [fetching("https://api.example.com"), { kind: "service", annotation: "https://api.example.com" }, false],
  [{ kind: "service", annotation: "herald.dev/*" }, { kind: "service", annotation: "herald.dev/hostname" }, true],
  [{ kind: "service", annotation: "herald.dev/*" }, { kind: "service", annotation: "example.com/hostname" }, false],
];

for (const [granted, wanted, allowed] of cases) {
  grants(`${JSON.stringify(granted)} ${allowed ? "allows" : "does not allow"} ${JSON.stringify(wanted)}`, () => {
    assert.is(new Grants("x", [granted]).allows(wanted), allowed);
    assert.is(new Grants("x", [frame("lo"), granted]).allows(wanted), allowed, "beside another grant");
    assert.is(new Grants("x", []).allows(wanted), false, "without it");
  });
}

grants("replace() allows what is given and nothing else, until it is taken back; a denial still wins", () => {
  const changing = new Grants("x", [frame("eth0")], [frame("eth2")]);
  const allowed = () => ["eth0", "eth1", "eth2"].filter((link) => changing.allows(frame(link))).join();
  const takeBack = changing.replace([frame("eth1"), frame("eth2")]);
  assert.is(allowed(), "eth1");
  assert.throws(() => changing.replace([frame("eth0"), net("router")]), /Cannot read the net scope "router"/);
  assert.is(allowed(), "eth1");
  takeBack();
  assert.is(allowed(), "eth0");
});

const denials: readonly (readonly [denied: Permission, wanted: Permission, allowed: boolean])[] = [
  [frame("eth1"), frame("eth1"), false],
  [frame("eth1"), frame("eth0"), true],
  [frame("eth*"), frame("eth0"), false],
  [frame("*", { ipProtocol: 58 }), frame("eth0"), false],
  [frame("*", { sourceMac: "*" }), frame("eth0"), true],
  [frame("*", { sourceMac: "02:*" }), frame("eth0", { sourceMac: "02:00:00:00:00:01" }), false],
  [frame("*", { sourceMac: "04:*" }), frame("eth0", { sourceMac: "02:00:00:00:00:01" }), true],
  [net("127.0.0.0/8:*"), net("127.0.0.1:179"), false],
  [net("127.0.0.0/8:*"), net("[::ffff:127.0.0.1]:179"), false],
  [net("127.0.0.0/8:*"), net("192.0.2.1:179"), true],
  [{ kind: "listen", host: "192.0.2.1:179" }, { kind: "listen", host: "0.0.0.0:179" }, false],
  [{ kind: "sys", fact: "*" }, { kind: "sys", fact: "hostname" }, false],
  [fetching("https://db.example.com"), fetching("https://*.example.com"), false],
  [fetching("https://*.example.com"), fetching("https://db.example.com"), false],
  [{ kind: "service", annotation: "*" }, { kind: "service", annotation: "herald.dev/hostname" }, false],
];

for (const [denied, wanted, allowed] of denials) {
  grants(`denying ${JSON.stringify(denied)} ${allowed ? "leaves" : "wins over a grant of"} ${JSON.stringify(wanted)}`, () => {
    const everything: Permission[] = [frame("*", { sourceMac: "*" }), net("*"), { kind: "listen", host: "*" }, { kind: "sys", fact: "*" }];
    everything.push(fetching("https://*.example.com"), { kind: "service", annotation: "*" });
    assert.is(new Grants("x", everything).allows(wanted), true);
    assert.is(new Grants("x", everything, [denied]).allows(wanted), allowed);
  });
}

function refusal(wanted: Permission, deny: readonly Permission[] = []): NotCapable {
  try {
    new Grants("vrrp", [], deny, { hint: (missing) => grantHint({ plugin: "vrrp", binding: { pin: "sha256-x" } }, [missing]) }).demand(
      wanted,
    );
  } catch (error) {
    if (error instanceof NotCapable) return error;
    throw error;
  }
  throw new Error("Not refused");
}

const hints: readonly (readonly [wanted: Permission, scope: string, flag: string, yaml: string])[] = [
  [frame("eth0"), "eth0/0x0806", "--allow-frame=eth0/0x0806", '{ plugin: vrrp, pin: sha256-x, allow: { frame: ["eth0/0x0806"] } }'],
  [
    frame("eth0", { etherType: 0x800, ipProtocol: 112, sourceMac: "00:00:5e:00:01:01" }),
    "eth0/0x0800/112@00:00:5e:00:01:01",
    "--allow-frame=eth0/0x0800/112@00:00:5e:00:01:01",
    '{ plugin: vrrp, pin: sha256-x, allow: { frame: ["eth0/0x0800/112@00:00:5e:00:01:01"] } }',
  ],
  [
    net("192.0.2.1:179"),
    "192.0.2.1:179",
    "--allow-net=192.0.2.1:179",
    '{ plugin: vrrp, pin: sha256-x, allow: { net: ["192.0.2.1:179"] } }',
  ],
  [net("[::1]:179"), "[::1]:179", "'--allow-net=[::1]:179'", '{ plugin: vrrp, pin: sha256-x, allow: { net: ["[::1]:179"] } }'],
  [{ kind: "sys", fact: "hostname" }, "hostname", "--allow-sys=hostname", '{ plugin: vrrp, pin: sha256-x, allow: { sys: ["hostname"] } }'],
];

for (const [wanted, scope, flag, yaml] of hints) {
  grants(`demand() says who may not what, and how to grant ${scope}`, () => {
    const error = refusal(wanted);
    assert.is(error.name, "NotCapable");
    assert.is(error.plugin, "vrrp");
    assert.equal(error.permission, wanted);
    assert.is(error.message, `Plugin vrrp may not use ${wanted.kind} "${scope}"; run again with ${flag}, or grant ${yaml}`);
  });
}

grants("demand() gives no advice where it was denied", () => {
  assert.is(refusal(net("192.0.2.1:179"), [net("*")]).message, 'Plugin vrrp may not use net "192.0.2.1:179"; it was denied');
});

grants("demand() is heard by the audit, whatever comes of it; allows() is only a question", () => {
  const heard: unknown[] = [];
  const granted = frame("eth0");
  const denied = frame("eth1");
  const via = new Map([
    [granted, "--allow-frame"],
    [denied, "--deny-frame"],
  ]);
  const audited = new Grants("x", [granted], [denied], { audit: (...use) => heard.push(use), via });
  audited.demand(frame("eth0"));
  assert.throws(() => audited.demand(frame("eth1")), /^Plugin x may not use frame "eth1\/0x0806"; it was denied by --deny-frame$/);
  assert.throws(() => audited.demand(frame("eth2")), /; it did not ask for that$/);
  audited.allows(frame("eth2"));
  assert.equal(heard, [
    [frame("eth0"), true, "--allow-frame"],
    [frame("eth1"), false, "--deny-frame"],
    [frame("eth2"), false, ""],
  ]);
});

grants("state() is granted, denied, or neither; what was revoked is not granted again", () => {
  const some = new Grants("x", [frame("eth*"), net("*")], [frame("eth1"), net("127.0.0.0/8:*")]);
  const states = () =>
    [frame("eth0"), frame("eth1"), frame("eth2"), net("192.0.2.1:1"), net("127.0.0.1:1"), frame("lo")].map((one) => some.state(one)).join();
  assert.is(states(), "granted,denied,granted,granted,denied,prompt");
  some.revoke(frame("eth2"));
  some.revoke(net("192.0.2.0/24:*"));
  some.revoke(frame("eth1"));
  assert.is(states(), "granted,denied,prompt,prompt,denied,prompt");
  assert.throws(() => some.demand(frame("eth2")), /; the plugin has revoked it$/);
  some.replace([frame("eth2"), net("192.0.2.1:1")]);
  assert.is(some.state(frame("eth2")), "prompt", "also of a new config");
  assert.throws(() => some.state(net("router")), /Cannot read the net scope/);
  assert.throws(() => some.revoke(net("router")), /Cannot read the net scope/);
  assert.throws(() => {
    for (let count = 0; count < 1000; count++) some.revoke(frame("eth3"));
  }, /Cannot revoke more than 100 permissions/);
});

grants("demand() shows hostile text, and does not obey it", () => {
  const { message } = refusal(frame("eth0'; reboot #\u001b[2K\u202e\n"));
  assert.not.match(message, /[\p{Cc}\p{Cf}]/u);
  assert.ok(message.includes(`'--allow-frame=eth0'\\''; reboot #\\x1b[2K\\u202e\\x0a/0x0806'`), message);
});

grants("a scope that cannot be read is refused before anything is decided", () => {
  const says = /^Cannot read the net scope "router:179": expected an address, a CIDR or \*, and a port/;
  assert.throws(() => new Grants("x", [net("router:179")]), says);
  assert.throws(() => new Grants("x", [], [net("router:179")]), says);
  assert.throws(() => new Grants("x", [net("*")]).allows(net("router:179")), says);
});

grants("a pattern allows what a regular expression of it would", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 8 });
  const pattern = fc.string({ unit: fc.constantFrom("a", "b", ".", "*"), maxLength: 8 });
  fc.assert(
    fc.property(pattern, text, (given, wanted) => {
      const expression = new RegExp(`^${given.replaceAll(".", "\\.").replaceAll("*", ".*")}$`);
      assert.is(new Grants("x", [{ kind: "sys", fact: given }]).allows({ kind: "sys", fact: wanted }), expression.test(wanted));
    }),
    { numRuns: 1000, verbose: 1 },
  );
});

grants.run();
