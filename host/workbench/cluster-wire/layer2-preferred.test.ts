/** Preferred nodes: of MetalLB's end-to-end suite, `preferred_node.go`. */

import { suite } from "uvu";
import { NODES, type NodeName, ranked } from "./hosts.ts";
import { wireTests } from "./wire-tests.ts";

const preferred = suite("preferred nodes in a cluster");
const behaves = wireTests(preferred, import.meta.url);

const POOL = ["198.51.100.0/28"];
const LIKED = { liked: "yes" };

interface Preference {
  readonly weight: number;
  readonly preference: { readonly matchLabels: Readonly<Record<string, string>> };
}

function prefer(weight: number, matchLabels: Readonly<Record<string, string>> = LIKED): Preference {
  return { weight, preference: { matchLabels } };
}

function hostname(node: NodeName): Readonly<Record<string, string>> {
  return { "kubernetes.io/hostname": node };
}

behaves("a labelled node wins, and without the label election is as ever", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  await play.l2("all", { preferredNodeSelectors: [prefer(10)] });
  const vip = await play.service("web", NODES);
  const [first, , third] = ranked(vip) as [NodeName, NodeName, NodeName];
  await stage.client.finds(vip, first);
  await stage.node(third, { labels: LIKED });
  await stage.client.finds(vip, third);
  await stage.node(third);
  await stage.client.finds(vip, first);
});

behaves("where no node is preferred election is as ever", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  const vip = await play.service("web", NODES);
  const [first, second] = ranked(vip) as [NodeName, NodeName];
  await play.l2("all", { preferredNodeSelectors: [prefer(10, hostname(second))] });
  await stage.client.finds(vip, second);
  await play.l2("all", { preferredNodeSelectors: [prefer(10, { nobody: "has" })] });
  await stage.client.finds(vip, first);
});

behaves("a preferred node that cannot announce gives the VIP up, and reclaims it", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  const vip = await play.service("web", NODES);
  const [first, , third] = ranked(vip) as [NodeName, NodeName, NodeName];
  await play.l2("all", { preferredNodeSelectors: [prefer(10, hostname(third))] });
  await stage.client.finds(vip, third);
  await stage.node(third, { networkUnavailable: true });
  await stage.client.finds(vip, first);
  await stage.node(third);
  await stage.client.finds(vip, third);
});

behaves("an advertisement that comes to prefer another node makes that the winner", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  await play.l2("all");
  const vip = await play.service("web", NODES);
  const [first, second, third] = ranked(vip) as [NodeName, NodeName, NodeName];
  await stage.client.finds(vip, first);
  for (const node of [third, second]) {
    await play.l2("all", { preferredNodeSelectors: [prefer(10, hostname(node))] });
    await stage.client.finds(vip, node);
  }
});

behaves("a preferred node that is not selected stays out", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  const vip = await play.service("web", NODES);
  const [first, second, third] = ranked(vip) as [NodeName, NodeName, NodeName];
  const preferredNodeSelectors = [prefer(100, hostname(first)), prefer(10, hostname(third))];
  await play.l2("all", { nodeSelectors: [second, third].map((node) => ({ matchLabels: hostname(node) })), preferredNodeSelectors });
  await stage.client.finds(vip, third);
  await play.l2("all", { preferredNodeSelectors });
  await stage.client.finds(vip, first);
});

behaves("preferences that meet no selected node change nothing", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  const vip = await play.service("web", NODES);
  const [first, second, third] = ranked(vip) as [NodeName, NodeName, NodeName];
  const preferredNodeSelectors = [prefer(10, hostname(third))];
  await play.l2("all", { preferredNodeSelectors });
  await stage.client.finds(vip, third);
  await play.l2("all", { nodeSelectors: [first, second].map((node) => ({ matchLabels: hostname(node) })), preferredNodeSelectors });
  await stage.client.finds(vip, first);
});

behaves("weights of several advertisements add up", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  const vip = await play.service("web", NODES);
  const [, second, third] = ranked(vip) as [NodeName, NodeName, NodeName];
  await play.l2("one", { preferredNodeSelectors: [prefer(50, hostname(second)), prefer(30, hostname(third))] });
  await stage.client.finds(vip, second);
  await play.l2("two", { preferredNodeSelectors: [prefer(30, hostname(third))] });
  await stage.client.finds(vip, third);
});

behaves("weights count for the Services of their advertisement only", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  await play.l2("all");
  const vip = await play.service("web", NODES, { labels: { app: "web" } });
  const other = await play.service("db", NODES, { labels: { app: "db" } });
  const firsts = [ranked(vip)[0], ranked(other)[0]];
  const liked = NODES.find((node) => !firsts.includes(node)) as NodeName;
  const serviceSelectors = [{ matchLabels: { app: "web" } }];
  await play.l2("web", { serviceSelectors, preferredNodeSelectors: [prefer(10, hostname(liked))] });
  await stage.client.finds(vip, liked);
  await stage.client.finds(other, ranked(other)[0] ?? "");
});

preferred.run();
