import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Permission } from "../../announcer.ts";
import { decideGrants, type GrantDecision, type GrantSources } from "./decide-grants.ts";
import type { FileGrant } from "./grants-file.ts";
import { parseScope } from "./parse-scope.ts";
import { scopeText } from "./scope-text.ts";

const decide = suite("decide grants");

const PIN = `sha256-${"a".repeat(43)}=`;
const OLD = `sha256-${"b".repeat(43)}=`;
const net = (host: string): Permission => parseScope("net", host);
const frame = (text: string): Permission => parseScope("frame", text);
const vrrp = { name: "vrrp", specifier: "./vrrp.ts", pin: PIN };

function entry(parts: Partial<FileGrant>): FileGrant {
  return { plugin: "vrrp", allow: [], deny: [], place: "grants.yaml:1", ...parts };
}

const text = (permission: Permission): string => `${permission.kind} ${scopeText(permission)}`;

function shown({ granted, denied, missing, via }: GrantDecision): object {
  return {
    granted: granted.map((permission) => `${text(permission)} via ${via.get(permission)}`),
    denied: denied.map(text),
    missing: missing.map(({ permission, why }) => `${text(permission)}${why === undefined ? "" : `: ${why}`}`),
  };
}

const ASKED = [net("192.0.2.1:179"), frame("eth0/arp")];

const cases: Readonly<Record<string, readonly [sources: GrantSources, decided: Partial<ReturnType<typeof shown> & object> & object]>> = {
  "nothing was said": [{}, { granted: [], denied: [], missing: ["net 192.0.2.1:179", "frame eth0/0x0806"] }],
  "flags cover all of it": [
    { flags: { allow: [net("192.0.2.0/24:*"), frame("*/arp")], deny: [] } },
    { granted: ["net 192.0.2.1:179 via --allow-net", "frame eth0/0x0806 via --allow-frame"], denied: [], missing: [] },
  ],
  "a grant covers less": [
    { flags: { allow: [net("192.0.2.1:180"), frame("eth0/arp")], deny: [] } },
    { granted: ["frame eth0/0x0806 via --allow-frame"], denied: [], missing: ["net 192.0.2.1:179"] },
  ],
  "the file grants to this content": [
    { file: [entry({ pin: PIN, allow: [net("*")], place: "grants.yaml:7" }), entry({ pin: PIN, allow: [frame("eth0/arp")] })] },
    { granted: ["net 192.0.2.1:179 via grants.yaml:7", "frame eth0/0x0806 via grants.yaml:1"], denied: [], missing: [] },
  ],
  "the file grants to another content": [
    { file: [entry({ pin: OLD, allow: [net("*")] })] },
    {
      granted: [],
      denied: [],
      missing: [`net 192.0.2.1:179: net "192.0.2.1:179" was granted by grants.yaml:1 to ${OLD}, and this is ${PIN}`, "frame eth0/0x0806"],
    },
  ],
  "the file grants to another name": [
    { file: [entry({ plugin: "rip", pin: PIN, allow: ASKED })] },
    { granted: [], denied: [], missing: ["net 192.0.2.1:179", "frame eth0/0x0806"] },
  ],
  "the file grants to the path": [
    { file: [entry({ path: `${process.cwd()}/vrrp.ts`, allow: ASKED })] },
    { granted: ["net 192.0.2.1:179 via grants.yaml:1", "frame eth0/0x0806 via grants.yaml:1"], denied: [], missing: [] },
  ],
  "the file grants to another path": [
    { file: [entry({ path: "/opt/vrrp.ts", allow: [net("*"), frame("*/arp")] })] },
    {
      granted: [],
      denied: [],
      missing: [
        'net 192.0.2.1:179: net "192.0.2.1:179" was granted by grants.yaml:1 to /opt/vrrp.ts, and this is ./vrrp.ts',
        'frame eth0/0x0806: frame "eth0/0x0806" was granted by grants.yaml:1 to /opt/vrrp.ts, and this is ./vrrp.ts',
      ],
    },
  ],
  "the resource grants to the pin that it has": [
    { resource: { pin: PIN, allow: ASKED } },
    { granted: ["net 192.0.2.1:179 via Plugin resource", "frame eth0/0x0806 via Plugin resource"], denied: [], missing: [] },
  ],
  "a denial wins over flags, file and resource": [
    {
      flags: { allow: ASKED, deny: [net("192.0.2.0/24:*")] },
      file: [entry({ pin: PIN, allow: ASKED }), entry({ deny: [frame("eth*/arp")] })],
      resource: { pin: PIN, allow: ASKED },
    },
    { granted: [], denied: ["net 192.0.2.1:179", "frame eth0/0x0806"], missing: [] },
  ],
  "a denial of another content's entry holds too": [
    { flags: { allow: ASKED, deny: [] }, file: [entry({ pin: OLD, deny: [net("*")] })] },
    { granted: ["frame eth0/0x0806 via --allow-frame"], denied: ["net 192.0.2.1:179"], missing: [] },
  ],
  "answers grant and deny": [
    { answers: { allow: [net("192.0.2.1:179")], deny: [frame("eth0/arp")] } },
    { granted: ["net 192.0.2.1:179 via prompt"], denied: ["frame eth0/0x0806"], missing: [] },
  ],
};

for (const [what, [sources, decided]] of Object.entries(cases)) {
  decide(`where ${what}`, () => {
    assert.equal(shown(decideGrants(vrrp, ASKED, sources)), decided);
  });
}

decide("a denial of a part leaves the rest, and is there at use", () => {
  const sources = { flags: { allow: [net("*"), frame("*/arp")], deny: [net("10.0.0.0/8:*"), frame("wlan0/arp")] } };
  const decision = decideGrants(vrrp, [net("*"), frame("*/arp")], sources);
  assert.equal(decision.granted.map(text), ["net *", "frame */0x0806"]);
  assert.equal(decision.deny.map(text), ["net 10.0.0.0/8:*", "frame wlan0/0x0806"]);
  assert.equal(decision.denied, []);
});

decide("a denial of one protocol or one source leaves those that were not named", () => {
  const denied = (asked: string, denial: string) =>
    decideGrants(vrrp, [frame(asked)], { flags: { allow: [frame("*/ipv4@*")], deny: [frame(denial)] } }).denied.length === 1;
  assert.is(denied("eth0/ipv4", "eth0/ipv4/112"), false);
  assert.is(denied("eth0/ipv4/112", "eth0/ipv4"), true);
  assert.is(denied("eth0/ipv4", "eth0/ipv4@00:00:5e:*"), false);
  assert.is(denied("eth0/ipv4@00:00:5e:00:01:*", "eth0/ipv4@00:00:5e:*"), true);
});

decide("to listen everywhere is denied where a part of that is", () => {
  const sources = { flags: { allow: [parseScope("listen", "*")], deny: [parseScope("listen", "192.0.2.1:179")] } };
  assert.is(decideGrants(vrrp, [parseScope("listen", "0.0.0.0:179")], sources).denied.length, 1);
});

decide("what nobody could write down is refused, and so is more than anybody would read", () => {
  const link = { ...frame("eth0/arp"), link: "eth0/0x0800\u202e" } as Permission;
  assert.throws(() => decideGrants(vrrp, [link], {}), /^Cannot read the frame scope "eth0\/0x0800\\\\u202e\/0x0806": expected a link/);
  assert.throws(() => decideGrants(vrrp, Array(65).fill(net("*")), {}), /^it asks for 65 permissions, expected at most 64$/);
});

decide("what is granted is what was shown, whatever else the plugin put there", () => {
  const asked = { ...net("192.0.2.1:179"), ...{ extra: 1 } };
  const { granted } = decideGrants(vrrp, [asked], { flags: { allow: [net("*")], deny: [] } });
  assert.equal(granted, [{ kind: "net", host: "192.0.2.1:179" }]);
});

decide.run();
