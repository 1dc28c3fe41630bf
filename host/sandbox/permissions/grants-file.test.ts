import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rejects } from "../../workbench/testing/promises.ts";
import { throwsError } from "../../workbench/testing/throws-error.ts";
import { appendGrant } from "./append-grant.ts";
import { parseGrants, readGrantsFile } from "./grants-file.ts";
import { parseScope } from "./parse-scope.ts";

const file = suite("grants file");

const PIN = `sha256-${"a".repeat(43)}=`;
const NET = parseScope("net", "192.0.2.1:179");
const FRAME = parseScope("frame", "eth0/ipv4/112");

let folder = "";
let path = "";
file.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), "herald-grants-"));
  path = join(folder, "grants.yaml");
});
file.after.each(() => rmSync(folder, { recursive: true }));

function put(text: string, mode = 0o600): void {
  writeFileSync(path, text);
  chmodSync(path, mode);
}

file("is a list of grants and denials, each with its place", () => {
  const text = `# ours
- { plugin: vrrp, pin: ${PIN}, allow: { net: ["192.0.2.1:179"], frame: ["eth0/ipv4/112"] } }
- plugin: rip
  path: ./plugins/rip
  allow:
    net:
      - 192.0.2.1:179
- { plugin: arp, deny: { frame: ["eth0/ipv4/112"] } }
`;
  assert.equal(parseGrants(text, "/etc/herald/grants.yaml"), [
    { plugin: "vrrp", pin: PIN, allow: [NET, FRAME], deny: [], place: "/etc/herald/grants.yaml:2" },
    { plugin: "rip", path: "/etc/herald/plugins/rip", allow: [NET], deny: [], place: "/etc/herald/grants.yaml:3" },
    { plugin: "arp", allow: [], deny: [FRAME], place: "/etc/herald/grants.yaml:8" },
  ]);
  assert.equal(parseGrants("", "x"), []);
  assert.equal(parseGrants("# nothing yet\n", "x"), []);
});

const wrong: readonly (readonly [text: string, problems: readonly string[]])[] = [
  [
    `- { plugin: vrrp, allow: { net: ["router:179"], run: ["sh"] } }
- { plugin: Vrrp, pin: sha256-x, path: ./x }
- { plugin: rip, allow: { net: ["192.0.2.1:179"] } }
- { plugin: rip, pin: ${PIN}, alow: {} }
- 7
- ~
- { pin: ${PIN}, allow: [], deny: { net: 192.0.2.1, udp: [179], frame: ~ } }`,
    [
      'g:1: grants [0].allow.net[0]: found "router:179", expected an address, a CIDR or *, and a port: 192.0.2.1:179, 10.0.0.0/8:*, [2001:db8::1]:179',
      "g:1: grants [0].allow.run: found a list of 1, expected nothing of this name: one of frame, net, listen, udp, liveness, fetch, service, secret, sys",
      'g:2: grants [1].plugin: found "Vrrp", expected a plugin\'s name',
      'g:2: grants [1].path: found "./x", expected a pin or a path, not both',
      'g:2: grants [1].pin: found "sha256-x", expected sha256- and 32 bytes in base64',
      'g:3: grants [2]: found "no pin", expected a pin, as a grant holds for what was looked at (or in development a path)',
      "g:4: grants [3].alow: found an object, expected one of plugin, pin, path, allow, deny",
      "g:5: grants [4]: found 7, expected an object",
      "g:5: grants [4].plugin: found nothing, expected a plugin's name",
      "g:6: grants [5]: found nothing, expected an object",
      "g:6: grants [5].plugin: found nothing, expected a plugin's name",
      "g:7: grants [6].plugin: found nothing, expected a plugin's name",
      "g:7: grants [6].allow: found a list of 0, expected an object",
      'g:7: grants [6].deny.net: found "192.0.2.1", expected a list',
      "g:7: grants [6].deny.udp[0]: found 179, expected a scope as text, in quotes",
      "g:7: grants [6].deny.frame: found nothing, expected a list of scopes",
    ],
  ],
  ["plugin: vrrp", ["g:1: grants: found an object, expected a list"]],
  [
    "- { plugin: vrrp",
    ['g:1: grants: found unexpected end of the stream within a flow collection at "- { plugin: vrrp", expected valid YAML'],
  ],
];

for (const [text, problems] of wrong) {
  file(`tells all at once that is wrong, with its line: ${text.slice(0, 16)}`, () => {
    assert.throws(
      () => parseGrants(text, "g"),
      (error: Error) => {
        assert.equal(error.message.split("; "), problems);
        return true;
      },
    );
  });
}

file("is read where it belongs to us and nobody else can write it; an absent one has no grants", () => {
  assert.equal(readGrantsFile(path), []);
  put(`- { plugin: vrrp, pin: ${PIN}, allow: { net: ["*"] } }\n`, 0o644);
  assert.is(readGrantsFile(path).length, 1);
  for (const mode of [0o664, 0o646, 0o666]) {
    chmodSync(path, mode);
    const says = `found mode ${mode.toString(8)}, expected that only its owner can write it: chmod go-w ${path}`;
    throwsError(() => readGrantsFile(path), `Cannot trust grants file ${path}: ${says}`);
  }
  assert.throws(() => readGrantsFile(folder), /found no regular file, expected one$/);
  put("x".repeat(1024 * 1024 + 1));
  assert.throws(() => readGrantsFile(path), /found 1048577 bytes, expected at most 1048576$/);
});

if (process.geteuid?.() === 0) {
  file("is refused where it belongs to somebody else", () => {
    put("");
    chownSync(path, 12_345, 0);
    assert.throws(() => readGrantsFile(path), /found that it belongs to user 12345, expected root or the user that Herald runs as$/);
  });
}

const vrrp = { plugin: "vrrp", binding: { pin: PIN } };

file("appendGrant() keeps what is there, comments too, and its mode", async () => {
  put(`# ours\n- { plugin: rip, deny: { net: ["*"] } } # for now`, 0o640);
  await appendGrant(path, { ...vrrp, allow: [NET, FRAME], deny: [parseScope("net", "[::1]:1")] });
  assert.is(
    readFileSync(path, "utf8"),
    `# ours
- { plugin: rip, deny: { net: ["*"] } } # for now
- { plugin: vrrp, pin: ${PIN}, allow: { net: ["192.0.2.1:179"], frame: ["eth0/0x0800/112"] } }
- { plugin: vrrp, deny: { net: ["[::1]:1"] } }
`,
  );
  assert.is(statSync(path).mode & 0o777, 0o640);
  assert.equal(
    readGrantsFile(path).map(({ plugin, allow, deny }) => [plugin, allow.length, deny.length]),
    [
      ["rip", 0, 1],
      ["vrrp", 2, 0],
      ["vrrp", 0, 1],
    ],
  );
});

file("appendGrant() makes the file, follows a link to it, and goes on as a list is indented", async () => {
  await appendGrant(path, { ...vrrp, allow: [], deny: [FRAME] });
  symlinkSync(path, join(folder, "link.yaml"));
  await appendGrant(join(folder, "link.yaml"), { ...vrrp, allow: [NET], deny: [] });
  assert.is(readGrantsFile(path).length, 2);
  put(`  - plugin: rip\n    deny:\n      net:\n        - "*"\n`);
  await appendGrant(path, { plugin: "vrrp", binding: { path: "/opt/a b.ts" }, allow: [NET], deny: [] });
  assert.equal(
    readGrantsFile(path).map((entry) => [entry.plugin, entry.path]),
    [
      ["rip", undefined],
      ["vrrp", "/opt/a b.ts"],
    ],
  );
  await appendGrant(path, { ...vrrp, allow: [], deny: [] });
});

const unfit: Readonly<Record<string, readonly [text: string, mode: number, says: RegExp]>> = {
  "is written in brackets": [`[{ plugin: rip, deny: { net: ["*"] } }]\n`, 0o600, /: it is not a list with one entry a line; add - {/],
  "has a mistake": ["- { plugin: 7 }\n", 0o600, /expected a plugin's name; add - {/],
  "others can write": ["", 0o666, /: Cannot trust grants file .*; add - {/],
  "has a second document": [`- { plugin: rip, deny: {} }\n---\n`, 0o600, /; add - {/],
};
for (const [what, [text, mode, says]] of Object.entries(unfit)) {
  file(`appendGrant() leaves a file alone that ${what}, and says what to add`, async () => {
    put(text, mode);
    await rejects(appendGrant(path, { ...vrrp, allow: [NET], deny: [] }), says);
    assert.is(readFileSync(path, "utf8"), text);
  });
}

file.run();
