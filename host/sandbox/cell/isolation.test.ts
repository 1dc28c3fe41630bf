/** What becomes of the user where Herald itself has few powers: each case is a host of its own, with the capabilities that it names. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { namespaces, testWith, tool } from "../../workbench/testing/requirements.ts";
import { whyNotOwn } from "./isolation.ts";

const isolation = suite("isolation");

const HOST = fileURLToPath(new URL("../../workbench/testing/cells/isolated-host.ts", import.meta.url));

/** What that host says of the cell that it opens and closes; `wrapper` runs it. */
function hostUnder(wrapper: readonly string[], args: readonly string[] = []): string {
  const [file = "", ...rest] = [...wrapper, process.execPath, "--import", "tsx", HOST, ...args];
  const { stdout, stderr } = spawnSync(file, rest, { encoding: "utf8", timeout: 50_000 });
  return stdout.trim() || stderr;
}
const withCapabilities = (names: string): string[] => ["setpriv", "--bounding-set", `-all${names}`, "--inh-caps", "-all", "--"];
const isRoot = { what: "root", remedy: "run as root", isMet: () => process.getuid?.() === 0 };

testWith(
  isolation,
  [isRoot, tool("setpriv", "util-linux")],
  "three capabilities are enough to give a process a user of its own, and to end it",
  () => {
    assert.is(hostUnder(withCapabilities(",+setuid,+setgid,+kill"), ["demand"]), "own uid 52300 closed");
  },
);

testWith(isolation, [isRoot, tool("setpriv", "util-linux"), namespaces], "who may unshare keeps it from the network", () => {
  assert.is(hostUnder(withCapabilities(",+setuid,+setgid,+kill,+sys_admin"), ["demand"]), "own uid, no network 52300 closed");
});

testWith(isolation, [isRoot, tool("setpriv", "util-linux")], "root without them shares its user, or is told which ones are missing", () => {
  assert.is(hostUnder(withCapabilities("")), "same uid 0 closed");
  const lacks = "Cannot give a plugin's process a user of its own: this process lacks the capabilities";
  assert.is(hostUnder(withCapabilities(""), ["demand"]), `${lacks} KILL, SETGID, SETUID (add the capabilities KILL, SETGID, SETUID)`);
  assert.is(hostUnder(withCapabilities(",+setuid,+setgid"), ["demand"]), `${lacks} KILL (add the capabilities KILL)`);
});

testWith(isolation, [isRoot, tool("unshare", "util-linux"), namespaces], "a user namespace without other users shares its own", () => {
  assert.is(hostUnder(["unshare", "--user", "--map-root-user", "--"]), "same uid, no network 0 closed");
  assert.match(
    hostUnder(["unshare", "--user", "--map-root-user", "--"], ["demand"]),
    /the user 52300 does not exist in this user namespace/,
  );
});

isolation("who has all of it may use any uid that exists", () => {
  const powers = { uid: 0, missing: [], canBound: true, uids: [[0, 65_536]], gids: [[0, 65_536]] } as const;
  assert.is(whyNotOwn(52_000, powers), undefined);
  assert.match(whyNotOwn(65_536, powers) ?? "", /does not exist/);
  assert.match(whyNotOwn(52_000, { ...powers, gids: [] }) ?? "", /does not exist/);
  assert.match(
    whyNotOwn(52_000, { ...powers, uid: 1000, missing: ["SETUID"] }) ?? "",
    /lacks the capabilities SETUID \(run Herald as root\)/,
  );
});

isolation.run();
