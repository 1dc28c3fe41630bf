/** What each router is told, taken by that router's own parser. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { NodeFact } from "../../../host/announcer.ts";
import { findTool, type Requirement, testWith, tool } from "../../../host/workbench/testing/requirements.ts";
import { readBfdProfile } from "../bfd-profile.ts";
import { readPeer } from "../peer.ts";
import { planRouters, type RouterPlan } from "./router-plan.ts";
import { WRITERS } from "./routers.ts";

const configs = suite("router-config");

interface Parser {
  readonly needs: Requirement;
  /** The command line but the file, and whether its output has to be read. */
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Where the exit code does not tell. */
  readonly complains?: RegExp;
  /** A line that none of its configurations may have. */
  readonly wrong: string;
}

const PARSERS: Readonly<Record<string, Parser>> = {
  bird: { needs: tool("bird", "bird2"), command: ["bird", "-p", "-c"], wrong: "protocol bgp { neighbour; }" },
  frr: {
    needs: tool("vtysh", "frr"),
    command: ["vtysh", "--dryrun", "--inputfile"],
    complains: /%|unknown/i,
    wrong: "neighbour 192.0.2.1",
  },
  gobgp: { needs: tool("gobgpd"), command: ["gobgpd", "--dry-run", "-f"], wrong: "[neighbors" },
  openbgpd: { needs: tool("bgpctl", "openbgpd"), command: ["bgpd", "-n", "-f"], wrong: "neighbour 192.0.2.1" },
  exabgp: {
    needs: tool("exabgp"),
    command: ["exabgp", "--test"],
    environment: { "exabgp.daemon.drop": "false" },
    complains: /error|invalid|syntax/i,
    wrong: "neighbour 192.0.2.1 { }",
  },
};

const nodes = new Map<string, NodeFact>(
  ["a", "b"].map((name, at) => [
    name,
    {
      name,
      labels: { "kubernetes.io/hostname": name },
      networkUnavailable: false,
      addresses: [`192.0.2.${10 + at}`, `2001:db8::${10 + at}`],
    },
  ]),
);

const profiles = new Map(
  [
    { metadata: { name: "fast" }, spec: { receiveInterval: 100, transmitInterval: 100 } },
    { metadata: { name: "echo" }, spec: { echoMode: true, echoInterval: 60 } },
  ].map((object) => {
    const read = readBfdProfile({ apiVersion: "metallb.io/v1beta1", kind: "BFDProfile", ...object });
    assert.ok(read.ok);
    return [read.value.name, read.value] as const;
  }),
);

type PeerCase = Readonly<Record<string, unknown>> & { readonly annotations?: Readonly<Record<string, string>> };

function planFor(...specs: readonly PeerCase[]) {
  const peers = specs.map(({ annotations, ...spec }, at) => {
    const metadata = { name: `router-${at}`, ...(annotations === undefined ? {} : { annotations }) };
    const read = readPeer({ apiVersion: "metallb.io/v1beta2", kind: "BGPPeer", metadata, spec: { myASN: 64500, peerASN: 64512, ...spec } });
    assert.equal(read.problems, []);
    assert.ok(read.ok);
    return read.value;
  });
  return planRouters(peers, profiles, nodes);
}

const OVER_IPV4 = { peerAddress: "192.0.2.1" };
const OVER_IPV6 = { peerAddress: "2001:db8::1" };

/** What a user may have written. */
const CASES: Readonly<Record<string, readonly PeerCase[]>> = {
  "a plain peer": [OVER_IPV4],
  "both families, as one router": [OVER_IPV4, OVER_IPV6],
  "both families over IPv4": [{ ...OVER_IPV4, dualStackAddressFamily: true }],
  "both families over IPv6": [{ ...OVER_IPV6, dualStackAddressFamily: true }],
  "an internal peer": [{ ...OVER_IPV4, peerASN: 64500 }],
  "AS numbers of four octets": [{ ...OVER_IPV4, myASN: 4_200_000_000, peerASN: 4_200_000_001 }],
  "an AS number that is not named": [{ ...OVER_IPV4, peerASN: undefined, dynamicASN: "external" }],
  "an AS number of its own": [{ ...OVER_IPV4, localASN: 64555 }],
  "a password": [{ ...OVER_IPV4, password: "s3cret-and/more" }],
  "a password in a Secret": [{ ...OVER_IPV4, passwordSecret: { name: "secret" } }],
  "a password that asks for trouble": [{ ...OVER_IPV4, password: 'a"b; }\nrun /bin/sh' }],
  "ports and a node that takes connections": [{ ...OVER_IPV4, peerPort: 1179, annotations: { "herald.dev/listen": "1180" } }],
  "a node that only takes connections": [{ ...OVER_IPV4, annotations: { "herald.dev/passive": "true" } }],
  timers: [{ ...OVER_IPV4, holdTime: "9s", keepaliveTime: "3s" }],
  "no hold time": [{ ...OVER_IPV4, holdTime: "0s" }],
  "graceful restart": [{ ...OVER_IPV4, enableGracefulRestart: true, dualStackAddressFamily: true }],
  "several hops": [{ ...OVER_IPV4, ebgpMultiHop: true }],
  GTSM: [{ ...OVER_IPV4, annotations: { "herald.dev/ttl-security": "1" } }],
  "GTSM over hops": [{ ...OVER_IPV6, annotations: { "herald.dev/ttl-security": "3" } }],
  BFD: [{ ...OVER_IPV4, bfdProfile: "fast" }],
  "BFD with echo": [{ ...OVER_IPV4, bfdProfile: "echo" }],
  "a link without addresses": [{ interface: "eth0" }],
  "all at once": [
    {
      ...OVER_IPV6,
      holdTime: "9s",
      password: "secret",
      enableGracefulRestart: true,
      dualStackAddressFamily: true,
      bfdProfile: "fast",
      annotations: { "herald.dev/ttl-security": "1", "herald.dev/listen": "179" },
    },
  ],
};

function complaintOf({ command, environment = {}, complains }: Parser, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "herald-router-config-"));
  try {
    const file = join(folder, "router.conf");
    writeFileSync(file, text, { mode: 0o600 });
    const [name = "", ...args] = command;
    const { status, stdout, stderr, error } = spawnSync(findTool(name) ?? name, [...args, file], {
      encoding: "utf8",
      env: { ...process.env, ...environment },
      timeout: 10_000,
    });
    const said = `${error?.message ?? ""}${stdout}${stderr}`;
    return status !== 0 || complains?.test(said) === true ? `exit code ${status}: ${said}` : "";
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const only = (plans: ReturnType<typeof planFor>): RouterPlan => {
  assert.is(plans.routers.length, 1);
  assert.equal(plans.problems, []);
  return plans.routers[0] as RouterPlan;
};

for (const [name, parser] of Object.entries(PARSERS)) {
  const write = WRITERS[name] as (plan: RouterPlan) => string;
  testWith(configs, [parser.needs], `${name}'s own parser takes what it is told`, () => {
    for (const [what, specs] of Object.entries(CASES)) {
      const text = write(only(planFor(...specs)));
      assert.is(complaintOf(parser, text), "", `${what}:\n${text}`);
    }
  });

  testWith(configs, [parser.needs], `${name}'s own parser refuses what is wrong`, () => {
    assert.is.not(complaintOf(parser, `${write(only(planFor(OVER_IPV4)))}\n${parser.wrong}\n`), "");
  });
}

const all = (...specs: readonly PeerCase[]) => Object.values(WRITERS).map((write) => write(only(planFor(...specs))));

configs("every router is told both families of a node that two peers name", () => {
  for (const text of all(OVER_IPV4, OVER_IPV6)) {
    for (const address of ["192.0.2.10", "192.0.2.11", "2001:db8::10", "2001:db8::11"]) assert.match(text, address);
    assert.match(text, "router-0, router-1");
  }
});

configs("no router is told more by a password than a password", () => {
  for (const text of all({ ...OVER_IPV4, password: 'a"b; }\nrun /bin/sh' })) {
    assert.match(text, "PUT-THE-PASSWORD-HERE");
    assert.match(text, "The password is that of BGPPeer router-0");
    assert.not.match(text, "/bin/sh");
  }
});

configs("every router is told to wait for a node that takes no connections, and to connect to one that does", () => {
  for (const text of all(OVER_IPV4)) assert.match(text, "passive");
  for (const text of all({ ...OVER_IPV4, annotations: { "herald.dev/passive": "true" } }))
    assert.not.match(text, /passive(?!-mode = false)/);
});

configs("planRouters() takes two routers of one AS number for two, and says which node it cannot reach", () => {
  const { routers } = planFor(
    OVER_IPV4,
    { peerAddress: "192.0.2.2" },
    { ...OVER_IPV6, nodeSelectors: [{ matchLabels: { "kubernetes.io/hostname": "b" } }] },
  );
  assert.equal(
    routers.map(({ peers, neighbors }) => [peers, neighbors.map(({ node }) => node)]),
    [
      [
        ["router-0", "router-2"],
        ["a", "b", "b"],
      ],
      [["router-1"], ["a", "b"]],
    ],
  );
  const nobody = planFor({ ...OVER_IPV4, nodeSelectors: [{ matchLabels: { rack: "7" } }] });
  assert.equal(nobody.routers, []);
  assert.equal(nobody.problems, ["BGPPeer router-0: found no node that it selects, expected a Node among the manifests"]);
});

configs.run();
