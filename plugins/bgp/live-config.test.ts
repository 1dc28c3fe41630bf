/** From a directory of manifests that is being edited to what the plugin is told, by a whole speaker. */

import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Announcement, definePlugin } from "../../host/announcer.ts";
import { memoryWire } from "../../host/packets/memory-wire.ts";
import { openMemoryNetwork } from "../../host/packets/network.ts";
import { onManifests } from "../../host/roles/on-manifests.ts";
import { startSpeaker } from "../../host/roles/speaker.ts";
import { recordedLog } from "../../host/workbench/testing/log.ts";
import { until } from "../../host/workbench/testing/promises.ts";
import { ATTRIBUTES_SCHEMA, type BgpConfig, CONFIG_SCHEMA } from "./config.ts";
import { translation } from "./translation.ts";

const live = suite("BGP config, live");

const POOL = "{apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: {name: p}, spec: {addresses: [192.0.2.240/28]}}\n---\n";
const SERVICE = "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {type: LoadBalancer, ports: [{port: 80}]}}\n";
const peer = (address: string, more = "") =>
  `{apiVersion: metallb.io/v1beta2, kind: BGPPeer, metadata: {name: tor}, spec: {myASN: 1, peerASN: 2, peerAddress: ${address}${more}}}\n`;
const advertisement = (spec: string) =>
  `{apiVersion: metallb.io/v1beta1, kind: BGPAdvertisement, metadata: {name: all}, spec: {${spec}}}\n`;
const secret = (password: string) =>
  `{apiVersion: v1, kind: Secret, metadata: {name: md5}, type: kubernetes.io/basic-auth, stringData: {password: ${password}}}\n`;

async function withSpeaker(files: Readonly<Record<string, string>>, use: (stage: Stage) => Promise<void>): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), "herald-bgp-"));
  const write = (name: string, text: string) => writeFileSync(join(path, name), text);
  for (const [name, text] of Object.entries(files)) write(name, text);
  const { log, lines } = recordedLog();
  const stage: Stage = {
    configs: [],
    rows: new Map(),
    firsts: [],
    revisions: [],
    write,
    remove: (name) => unlinkSync(join(path, name)),
    warnings: () =>
      lines.filter(({ level }) => level !== "info").map(({ message }) => message.slice(message.lastIndexOf(path) + path.length)),
    said: () => JSON.stringify(lines),
  };
  const speaker = await startSpeaker({
    node: "box",
    surroundings: onManifests({ manifests: path, node: "box", isController: true, log }),
    openNetwork: async () => openMemoryNetwork(memoryWire(), "box", "02:00:00:00:00:01"),
    plugins: [{ definition: recorder(stage), config: { interfaces: ["eth0"] } }],
    log,
    onFatal: (error) => {
      throw error;
    },
  });
  try {
    await use(stage);
  } finally {
    await speaker.stop("replace");
    rmSync(path, { recursive: true });
  }
}

interface Stage {
  readonly configs: BgpConfig[];
  readonly rows: Map<string, Announcement>;
  /** VIPs of the first `apply` after each start. */
  readonly firsts: string[][];
  readonly revisions: (string | undefined)[];
  write(name: string, text: string): void;
  remove(name: string): void;
  warnings(): string[];
  said(): string;
}

/** BGP's part of a plugin but for BGP: it notes what it is told. */
function recorder({ configs, rows, firsts, revisions }: Stage) {
  return definePlugin<BgpConfig>({
    ...{ name: "bgp", api: 1, from: "every-node", serves: { kind: "BGPAdvertisement", families: [4, 6] } },
    ...{ config: CONFIG_SCHEMA, attributes: ATTRIBUTES_SCHEMA, example: { peers: [], profiles: [], nodeAddresses: [] }, translation },
    permissions: () => [{ kind: "secret", name: "*" }],
    async start(context, config) {
      configs.push(config);
      context.secrets.watch("md5", (revision) => revisions.push(revision));
      let isFirst = true;
      return {
        async apply({ added, changed, removed }) {
          if (isFirst) firsts.push(added.map(({ vip }) => vip));
          isFirst = false;
          for (const row of [...added, ...changed]) rows.set(row.vip, row);
          for (const { vip } of removed) rows.delete(vip);
          return [];
        },
        configure: async (next) => configs.push(next as BgpConfig) > 0,
        async stop() {},
      };
    },
  });
}

const addresses = ({ peers }: BgpConfig) => peers.map(({ at }) => ("address" in at ? at.address : at.link));

live("an edit of a peer reaches the plugin; a wrong one leaves it as it was", async () => {
  await withSpeaker({ "peer.yaml": peer("192.0.2.1") }, async ({ configs, write, remove, warnings, firsts }) => {
    assert.equal([configs.map(addresses), firsts], [[["192.0.2.1"]], [[]]], "the first apply came, with nothing");
    write("peer.yaml", peer("192.0.2.2"));
    await until(() => configs.length === 2);
    write("peer.yaml", peer("192.0.2.300"));
    await until(() => warnings().length > 0);
    write("other.yaml", peer("192.0.2.3").replace("tor", "other"));
    await until(() => configs.length === 3);
    assert.equal(configs.map(addresses).slice(1), [["192.0.2.2"], ["192.0.2.3", "192.0.2.2"]]);
    assert.equal(warnings(), [
      '/peer.yaml:1: BGPPeer tor spec.peerAddress: found "192.0.2.300", expected an IP address (invalid BGPPeer address)',
    ]);
    remove("peer.yaml");
    await until(() => configs.length === 4);
    assert.equal(addresses(configs[3] as BgpConfig), ["192.0.2.3"]);
  });
});

live("a Service is announced with what its advertisement says, from the first apply on", async () => {
  const files = { "all.yaml": POOL + SERVICE, "ad.yaml": advertisement("communities: ['65000:1']") };
  await withSpeaker(files, async ({ rows, firsts, write, remove }) => {
    assert.equal(firsts, [["192.0.2.240"]]);
    const communities = () => (rows.get("192.0.2.240")?.attributes["all"] as { communities: string[] } | undefined)?.communities;
    assert.equal(communities(), ["65000:1"]);
    write("ad.yaml", advertisement("communities: ['65000:2']"));
    await until(() => communities()?.[0] === "65000:2");
    remove("ad.yaml");
    await until(() => rows.size === 0);
  });
});

live("a peer comes with its Secret; a new password is a new revision, and in no line of the log", async () => {
  const files = { "peer.yaml": peer("192.0.2.1", ", passwordSecret: {name: md5}") };
  await withSpeaker(files, async ({ configs, revisions, write, warnings, said }) => {
    assert.equal(configs.map(addresses), [[]]);
    assert.match(
      warnings()[0] ?? "",
      /^\/peer.yaml:1: BGPPeer tor spec.passwordSecret.name: found "md5", which is not there, expected a Secret/,
    );
    write("secret.yaml", secret("hush"));
    await until(() => configs.length === 2);
    assert.equal(addresses(configs[1] as BgpConfig), ["192.0.2.1"]);
    write("secret.yaml", secret("hushhush"));
    await until(() => revisions.length === 3);
    write("secret.yaml", `${secret("hushhush")}: {`);
    await until(() => warnings().length === 2);
    assert.equal([configs.length, new Set(revisions).size], [2, 3]);
    assert.not.match(said(), /hush/);
  });
});

live.run();
