/** What `herald bgp` prints and refuses, with a made-up Herald to ask; `listen` on real sockets. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { CommandTools } from "../../../host/announcer.ts";
import { parseFlags, runCommand, suggest } from "../../../host/cli/command.ts";
import { openCommandNetwork } from "../../../host/cli/command-network.ts";
import { until } from "../../../host/workbench/testing/promises.ts";
import { peerAt, startNode } from "../test-stage.ts";
import { bgp } from "./bgp.ts";
import { textOf } from "./event-text.ts";

const COMMANDS = suite("herald bgp");

const PEERS = [
  {
    ...{ name: "router", address: "192.0.2.254", port: 179, state: "established", localAs: 65001, peerAs: 64512, uptimeSeconds: 3671 },
    ...{ holdTimeSeconds: 90, keepaliveSeconds: 30, capabilities: ["IPv4", "route refresh"], prefixes: 3 },
    ...{ messagesReceived: 1, messagesSent: 2, bfd: "up" },
  },
  {
    ...{ name: "far", port: 179, state: "active", localAs: 65001, peerAs: "external", prefixes: 0, messagesReceived: 0, messagesSent: 0 },
    ...{ lastError: "connect ECONNREFUSED", lastErrorSecondsAgo: 5 },
  },
];
const ROUTES = [
  { peer: "router", prefix: "198.51.100.1/32", prepend: 2, communities: ["65001:1"], largeCommunities: [], med: 5 },
  { peer: "far", prefix: "2001:db8::1/128", prepend: 0, communities: [], largeCommunities: [] },
];

async function run(args: readonly string[], parts: Partial<CommandTools> = {}) {
  const [out, err]: [string[], string[]] = [[], []];
  const tools: CommandTools = {
    parseFlags: (flags, options) => parseFlags(flags, options) as never,
    suggest,
    network: openCommandNetwork,
    readManifests: () => Promise.reject(new Error("No manifests are read here")),
    async *ask({ what }) {
      yield* what === "peers" ? PEERS : ROUTES;
    },
    ...parts,
  };
  const io = {
    stdin: (async function* () {})(),
    stdout: { write: (text: string) => out.push(text) },
    stderr: { write: (text: string) => err.push(text) },
  };
  const code = await runCommand({ ...bgp, run: (rest, itsIo) => bgp.run(rest, itsIo, tools) }, args, io);
  return { code, out: out.join(""), err: err.join("") };
}

COMMANDS("peers prints a line for each session, and below what both can and what went wrong", async () => {
  const { out } = await run(["peers"]);
  assert.equal(out.split("\n"), [
    "PEER    ADDRESS        AS        STATE        UP FOR   HOLD/KEEPALIVE  PREFIXES  BFD",
    "router  192.0.2.254    64512     established  1 h 1 m  90/30 s         3         up",
    "far     not found yet  external  active                                0",
    "",
    "router: both can IPv4, route refresh",
    "far: 5 s ago: connect ECONNREFUSED",
    "",
  ]);
});

COMMANDS("routes prints those of one peer where it is named", async () => {
  const { out } = await run(["routes", "router"]);
  assert.equal(out.split("\n").slice(1), ["router        198.51.100.1/32       MED 5, prepended 2, communities 65001:1", ""]);
  assert.is((await run(["routes", "nobody"])).out, "No routes are told to nobody.\n");
});

COMMANDS("--json prints each row as it came", async () => {
  const { out } = await run(["routes", "--json"]);
  assert.equal(
    out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
    ROUTES,
  );
});

const wrong: Readonly<Record<string, readonly [args: readonly string[], says: RegExp]>> = {
  "no command": [[], /expected peers, routes, listen/],
  "an unknown command": [["pears"], /did you mean peers\?/],
  "no AS number": [["listen"], /Flag --asn is missing/],
  "AS number 0": [["listen", "--asn", "0"], /--asn has the value "0": expected a whole number from 1 to 4294967295/],
  "a port that is none": [["listen", "--asn", "1", "--port", "65536"], /from 0 to 65535/],
  "a hold time that RFC 4271 refuses": [["listen", "--asn", "1", "--hold", "2"], /expected 0, or at least 3 seconds/],
  "a name for an address": [["listen", "--asn", "1", "--address", "localhost"], /expected an IP address/],
  "identifier zero": [["listen", "--asn", "1", "--identifier", "0.0.0.0"], /expected four octets/],
  "a key for nobody": [["listen", "--asn", "1", "--md5", "=secret"], /expected ADDRESS=KEY/],
};
for (const [name, [args, says]] of Object.entries(wrong)) {
  COMMANDS(`refuses ${name}`, async () => {
    const { code, err } = await run(args);
    assert.is(code, 2);
    assert.match(err, says);
    assert.not.match(err, /secret/);
  });
}

COMMANDS("listen tells of a session on a real socket, as text or as JSON lines", async () => {
  for (const flags of [[], ["--json"]]) {
    let stop = (): void => {};
    const lines: string[] = [];
    const stopped = new Promise<void>((resolve) => (stop = resolve));
    const opened = openCommandNetwork();
    const port = String(21_790 + flags.length);
    const tools = { network: () => ({ ...opened, stopped }) };
    const running = run(["listen", "--asn", "64512", "--address", "127.0.0.1", "--port", port, ...flags], tools);
    const node = await startNode([peerAt(Number(port), { at: { address: "127.0.0.1", family: 4 }, sourceAddress: "127.0.0.1" })]);
    await until(() => node.inspect<{ state: string }[]>("peers")[0]?.state === "established");
    await node.stop("replace");
    stop();
    const { code, out } = await running;
    lines.push(...out.trim().split("\n"));
    assert.is(code, 0);
    const events =
      flags.length > 0 ? lines.map((line) => JSON.parse(line).event) : lines.map((line) => line.split("  ").at(-1)?.split(":")[0]);
    assert.equal(
      events,
      flags.length > 0 ? ["listening", "sessionUp", "sessionDown"] : ["Listening as AS 64512 on 127.0.0.1", "up", "down"],
    );
  }
});

COMMANDS("listen says why it cannot", async () => {
  const { code, err } = await run(["listen", "--asn", "1", "--address", "192.0.2.123", "--port", "21799"]);
  assert.is(code, 1);
  assert.match(err, /^herald bgp listen: Cannot listen on 192\.0\.2\.123:21799: .*EADDRNOTAVAIL/);
});

COMMANDS("events read well", () => {
  const peer = "192.0.2.1";
  assert.is(
    textOf({ event: "sessionDown", peer, reason: "Peer ended", notificationReceived: "Cease (6/2)", keepsRoutes: true }),
    "192.0.2.1        down: Peer ended; received Cease (6/2); its routes are kept\n",
  );
  const attributes = { asPath: [{ type: "sequence", asNumbers: [65001, 65001] }], communities: ["1:2"], multiExitDisc: 5 } as const;
  assert.is(
    textOf({ event: "learned", peer, prefix: "198.51.100.1/32", nextHop: "192.0.2.9", attributes }),
    "192.0.2.1        learned 198.51.100.1/32 via 192.0.2.9, path 65001 65001, MED 5, communities 1:2\n",
  );
});

COMMANDS.run();
