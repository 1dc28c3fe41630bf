import { suite } from "uvu";
import * as assert from "uvu/assert";
import { KINDS } from "../sandbox/permissions/parse-scope.ts";
import { parseFlags } from "./command.ts";
import { demandScopedFlags, type PermissionChoice, permissionFlags, permissionHelp, readPermissionFlags } from "./permission-flags.ts";

const flags = suite("permission flags");

function read(...args: string[]): PermissionChoice {
  demandScopedFlags(args);
  return readPermissionFlags(parseFlags(args, { ...permissionFlags, plugin: { type: "string" } }).values);
}

flags("give nothing where there are none", () => {
  assert.equal(read(), { allow: [], deny: [], grants: undefined, mayPrompt: true, audit: undefined });
});

flags("are repeated, and hold several scopes with commas", () => {
  const choice = read(
    "--plugin=./vrrp.ts",
    "--allow-net=192.0.2.1:179,[2001:db8::1]:179",
    "--allow-net=10.0.0.0/8:*",
    "--deny-frame=wlan*/arp",
    "--allow-secret=router",
    ...["--grants", "/etc/herald/grants.yaml", "--no-prompt", "--audit=audit.jsonl"],
  );
  assert.equal(choice, {
    allow: [
      { kind: "net", host: "192.0.2.1:179" },
      { kind: "net", host: "[2001:db8::1]:179" },
      { kind: "net", host: "10.0.0.0/8:*" },
      { kind: "secret", name: "router" },
    ],
    deny: [{ kind: "frame", link: "wlan*", etherType: 0x0806 }],
    grants: "/etc/herald/grants.yaml",
    mayPrompt: false,
    audit: "audit.jsonl",
  });
});

const wrong: readonly (readonly [args: readonly string[], message: string])[] = [
  [["--allow-net"], "Flag --allow-net needs a scope: a plugin gets what is named, as in --allow-net=192.0.2.1:179"],
  [["--allow-net", "192.0.2.1:179"], "Flag --allow-net needs a scope: a plugin gets what is named, as in --allow-net=192.0.2.1:179"],
  [["--allow-net="], "Flag --allow-net needs a scope: a plugin gets what is named, as in --allow-net=192.0.2.1:179"],
  [["--deny-frame"], "Flag --deny-frame needs a scope: a plugin is denied what is named, as in --deny-frame=eth0/arp"],
  [["--allow-secret"], "Flag --allow-secret needs a scope: a plugin gets what is named, as in --allow-secret=router-password"],
  [["-A"], "Herald has no -A: each permission is granted by itself"],
  [["--allow-all"], "Herald has no --allow-all: each permission is granted by itself"],
  [["--allow-run"], "Herald has no --allow-run: a program that a plugin starts is bound by none of its permissions"],
  [["--allow-run=sh"], "Herald has no --allow-run: a program that a plugin starts is bound by none of its permissions"],
  [["--deny-read"], "Herald has no --deny-read: a plugin has no files; what it needs to know comes in its config"],
  [["--allow-write=/tmp"], "Herald has no --allow-write: a plugin has no files; what it has to tell goes to its log and metrics"],
  [["--allow-env"], "Herald has no --allow-env: what a plugin needs to know comes in its config, and passwords stay in Secrets"],
  [["--allow-ffi"], "Herald has no --allow-ffi: native code is bound by no permission"],
  [
    ["--allow-import=esm.sh"],
    "Herald has no --allow-import: whatever a plugin imports is in the bundle that was pinned; nothing is loaded later",
  ],
  [["--deny-net=*"], "Flag --deny-net counts for the plugins that --plugin names: found none"],
  [["--allow-frames=eth0/arp"], "Unknown flag --allow-frames: did you mean --allow-frame?"],
  [["--allow-constructor=x"], `Unknown flag --allow-constructor: expected one of ${KINDS.map((kind) => `--allow-${kind}`).join(", ")}`],
  [
    ["--plugin", "x", "--allow-net=router:179,192.0.2.1:179", "--deny-udp=192.0.2.1:99999"],
    'Cannot read the net scope "router:179": expected an address, a CIDR or *, and a port: 192.0.2.1:179, 10.0.0.0/8:*, [2001:db8::1]:179; ' +
      'Cannot read the udp scope "192.0.2.1:99999": expected an address, a CIDR or *, and a port: 192.0.2.1:179, 10.0.0.0/8:*, [2001:db8::1]:179',
  ],
  [
    ["--plugin=x", "--allow-net=192.0.2.1:179,"],
    'Cannot read the net scope "": expected an address, a CIDR or *, and a port: 192.0.2.1:179, 10.0.0.0/8:*, [2001:db8::1]:179',
  ],
];

for (const [args, message] of wrong) {
  flags(`${args.join(" ")} is refused with the reason`, () => {
    assert.throws(
      () => read(...args),
      (error: Error) => {
        assert.is(error.message, message);
        return error.name === "UsageError";
      },
    );
  });
}

flags("are in the help, with every kind", () => {
  for (const [flag] of Object.entries(permissionFlags).filter(([name]) => !/^(allow|deny)-/.test(name)))
    assert.ok(permissionHelp.includes(`--${flag}`), flag);
  for (const kind of KINDS) assert.match(permissionHelp, new RegExp(`\\b${kind}\\b`));
  assert.ok(permissionHelp.split("\n").every((line) => line.length <= 80));
});

flags("behind -- are none", () => {
  demandScopedFlags(["--", "-A", "--allow-run"]);
});

flags.run();
