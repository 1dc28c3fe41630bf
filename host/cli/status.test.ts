import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { serveControl } from "../observe/control.ts";
import type { ReportStatus, RowStatus, Status } from "../observe/status.ts";
import { testWith, tool } from "../workbench/testing/requirements.ts";
import { runHere, runProgram } from "../workbench/testing/run-command.ts";
import { status } from "./status.ts";

const command = suite("herald status");

const announced = { announcer: "arp", state: "told", isDesired: true, isAnnounced: true, links: null, services: ["default/web"] } as const;

const found: Status = {
  ...{ node: "node-a", version: "1.2.3", pid: 77, isReady: true, isDraining: false, nowMs: 7_265_000, startedAtMs: 5000 },
  source: { reads: "/etc/herald", isController: true, problems: 2 },
  reconciler: { runs: 3, lastRunAtMs: 7_261_000, lastRunTookMs: 0.42, lastRunServices: 1, services: 9, claims: 5 },
  announcers: [
    {
      ...{ name: "arp", isStarted: true, desired: 3, told: 2, untold: 0, unsure: 1, announced: 1, refused: 1, reports: 1, open: 4 },
      ...{
        applies: 9,
        failures: 2,
        restarts: 0,
        applyingSinceMs: undefined,
        lastAppliedAtMs: 1,
        lastApplyTookMs: 1,
        lastError: "no \u001b[2J link",
      },
    },
  ],
  plugins: [{ name: "arp", kind: "built-in", state: "running", restarts: 0 }],
  groups: { owner: 1, heir: 2, leaving: 0 },
  packets: {
    arp: {
      ...{ rows: 1, received: 30, sent: 20, unsent: 0, drops: { truncated: 0, reply: 9 } },
      batchSeconds: { bounds: [], counts: [3], sum: 0.001 },
    },
  },
};

/** With a Herald that answers so. */
async function ask(rows: readonly RowStatus[], reports: readonly ReportStatus[], ...flags: string[]) {
  return askWhere(found, rows, reports, ...flags);
}

async function askWhere(found: Status, rows: readonly RowStatus[], reports: readonly ReportStatus[], ...flags: string[]) {
  const directory = mkdtempSync(join(tmpdir(), "herald-status-"));
  const path = join(directory, "n.sock");
  const answers: Record<string, unknown> = { status: found, rows, reports };
  const close = await serveControl(path, (request) => answers[request.ask]);
  try {
    return await runHere(status, "--control", path, ...flags);
  } finally {
    await close();
    rmSync(directory, { recursive: true });
  }
}

command("says of an API server what is not being followed, for how long, and why", async () => {
  const watch = { objects: 3, isFollowing: true, isAbsent: false, lastError: undefined };
  const lineOf = async (watches: Status["source"]["watches"]) => {
    const source = { reads: "https://192.0.2.7:6443", isController: false, problems: 1, ...(watches === undefined ? {} : { watches }) };
    return (await askWhere({ ...found, source }, [], [])).out.split("\n").slice(1, 3);
  };
  const reads = "Reads https://192.0.2.7:6443: 1 problem (the log and ConfigurationState have them)";
  const followed = [
    { ...watch, type: "v1/Service" },
    { ...watch, type: "v1/Node", isFollowing: false, isAbsent: true },
  ];
  assert.equal(await lineOf(followed), [reads, "Planned 3 times, at last 1 Service in 0.4 ms, 4 s ago"]);
  const cut = { ...watch, isFollowing: false, silentMs: 65_000, lastError: "connect ECONNREFUSED" };
  assert.equal(
    await lineOf([
      { ...watch, type: "v1/Service" },
      { ...cut, type: "v1/Node" },
    ]),
    [reads, "Not followed: v1/Node, for 1 min 5 s; announcements go on by what was read: connect ECONNREFUSED"],
  );
  assert.is((await lineOf([{ ...cut, type: "v1/Node" }]))[1]?.slice(0, 27), "Not followed for 1 min 5 s;");
});

command("shows plugins where there is more to tell than that the built-in ones run", async () => {
  const tableOf = async (...more: Status["plugins"]) => {
    const { out } = await askWhere({ ...found, plugins: [...found.plugins, ...more] }, [], []);
    return out
      .split("\n\n")
      .find((part) => part.startsWith("PLUGIN"))
      ?.split("\n");
  };
  assert.is(await tableOf(), undefined);
  const vrrp = { name: "vrrp", kind: "other", specifier: "./vrrp", pin: "sha256-47DEQpj8HBSa", isolation: "own uid" } as const;
  assert.equal(await tableOf({ ...vrrp, state: "parked", restarts: 5, memoryBytes: 14_200_000, trouble: "heap \u001b limit\nmore" }), [
    "PLUGIN  FROM      PIN              ISOLATION  STATE    RESTARTS  MEMORY  REASON",
    "arp     built-in                              running  0",
    "vrrp    ./vrrp    sha256-47DEQpj8  own uid    parked   5         14 MB   heap \\x1b limit",
  ]);
});

command("prints what a running Herald does, and what needs a look first", async () => {
  const rows: RowStatus[] = [
    { ...announced, vip: "192.0.2.1" },
    { ...announced, vip: "192.0.2.2", state: "unsure", links: ["eth0", "eth1"], refusal: { reason: "no link", failures: 2 } },
    { ...announced, vip: "192.0.2.3", isDesired: false },
    { ...announced, vip: "192.0.2.4", isAnnounced: false, standing: "heir" },
    { ...announced, vip: "192.0.2.5", standing: "owner" },
  ];
  const { code, out, err } = await ask(rows, [{ announcer: "arp", key: "192.0.2.1", state: "probing" }]);
  assert.equal([code, err], [0, ""]);
  assert.is(
    out,
    `Node node-a: Herald 1.2.3, up 2 h 1 min, pid 77
Reads /etc/herald, and gives out addresses: 2 problems (herald plan --manifests /etc/herald lists them)
Planned 3 times, at last 1 Service in 0.4 ms, 4 s ago
VIP groups of this node: 1 owner, 2 heir

ANNOUNCER  STATE  WANTED  ANNOUNCED  REFUSED  FAILURES  OPEN  LAST ERROR
arp        runs   3       1          1        2         4     no \\x1b[2J link

PROGRAM  ROWS  RECEIVED  SENT  UNSENT  UNANSWERED
arp      1     30        20    0       9 reply

VIP        BY   STATE            STANDING  LINKS       SERVICES     REASON
192.0.2.2  arp  unsure                     eth0, eth1  default/web  no link
192.0.2.3  arp  to be withdrawn            all         default/web
192.0.2.1  arp  announced                  all         default/web
192.0.2.4  arp  on standby       heir      all         default/web
192.0.2.5  arp  announced        owner     all         default/web

REPORTED BY  OF         STATE
arp          192.0.2.1  probing
`,
  );
});

command("shows twenty rows of many, and says how many there are more", async () => {
  const rows = Array.from({ length: 1000 }, (_, at) => ({ ...announced, vip: `10.0.${at >> 8}.${at % 256}` }));
  const { out } = await ask(rows, []);
  assert.is(out.match(/ announced /g)?.length, 20);
  assert.match(out, /^and 980 more; --json has all$/m);
});

command("--json prints all of it as one object", async () => {
  const rows = Array.from({ length: 1000 }, (_, at) => ({ ...announced, vip: `10.0.${at >> 8}.${at % 256}` }));
  const reports = [{ announcer: "arp", key: "a", state: "b" }];
  const { code, out } = await ask(rows, reports, "--json");
  assert.is(code, 0);
  assert.equal(JSON.parse(out), JSON.parse(JSON.stringify({ ...found, rows, reports })));
  assert.ok(out.endsWith("}\n"));
});

command("with no running Herald says so in one line", async () => {
  const outcome = await runHere(status, "--control", "/nowhere/n.sock");
  assert.equal(outcome, { code: 1, out: "", err: "herald status: No running Herald answers at /nowhere/n.sock: ENOENT\n" });
});

const isRoot = process.getuid?.() === 0;
const nobody = isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];

testWith(command, isRoot ? [tool("setpriv", "util-linux")] : [], "says that another user may look where this one may not", async () => {
  const runtime = mkdtempSync(join(tmpdir(), "herald-status-"));
  mkdirSync(join(runtime, "herald"));
  chmodSync(runtime, 0);
  try {
    const through = [...nobody, "env", `XDG_RUNTIME_DIR=${runtime}`];
    const { code, out, err } = await runProgram(["status", "--node", "no-such-node"], { through });
    assert.match(err, /^herald status: No running Herald[^\n]+\n$/);
    assert.match(err, `; ${runtime}/herald may only be read by its owner, such as with sudo`);
    assert.equal([code, out], [1, ""]);
  } finally {
    chmodSync(runtime, 0o700);
    rmSync(runtime, { recursive: true });
  }
});

command("says in one line what is wrong with its flags", async () => {
  const outcome = await runHere(status, "node-a");
  assert.equal(outcome, {
    ...{ code: 2, out: "" },
    err: 'herald status: Unknown argument "node-a": expected only flags (see herald status --help)\n',
  });
});

command.run();
