/** Whatever becomes of the API server, what is announced stays announced, and what changed meanwhile is followed. */

import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type SpeakerScene, type SpeakerStage, speakerTests } from "../speaker-stage.ts";

const announcements = suite("announcements");
const survive = speakerTests(announcements, import.meta.url);

const VIP = "192.0.2.10";
const AWAY_MS = 8000;
const ASK_MS = 200;
/** A busy machine may be late with one answer. */
const MOST_TRIES = 3;

async function answering(stage: SpeakerStage): Promise<string> {
  for (let count = 0; count < MOST_TRIES; count++) {
    const node = await stage.answering(VIP);
    if (node !== undefined) return node;
  }
  return "none";
}

/** The client goes on asking during `body`, and is always answered: by node-c, or while the machine keeps that from its turns by an heir. */
async function alwaysAnswered(stage: SpeakerStage, body: () => Promise<void>): Promise<void> {
  let isOver = false;
  const seen = new Set<string>();
  const asking = (async () => {
    while (!isOver) {
      seen.add(await answering(stage));
      await wait(ASK_MS);
    }
  })();
  try {
    await body();
  } finally {
    isOver = true;
    await asking;
  }
  assert.ok(seen.has("node-c"));
  assert.not.ok(seen.has("none"), [...seen].join(", "));
  await stage.answers(VIP, "node-c");
}

async function begin(scene: SpeakerScene, stage: SpeakerStage): Promise<void> {
  await scene.pool("local", [`${VIP}-192.0.2.12`]);
  await scene.l2Advertisement("all");
  await scene.servedService("web");
  await stage.answers(VIP, "node-c");
}

survive("announcements outlive an API server that was killed and has forgotten old versions", async (scene, stage) => {
  const { server } = stage.cluster;
  await begin(scene, stage);
  await alwaysAnswered(stage, async () => {
    await server.compact();
    await server.kill();
    await wait(AWAY_MS);
    await server.restart();
    await scene.service("later");
    await scene.has("later", "192.0.2.11");
  });
  await scene.endpointsOn("later", ["node-a"]);
  await stage.answers("192.0.2.11", "node-a");
  await scene.endpointsOn("web", []);
  await stage.answers(VIP, undefined);
});

survive("announcements outlive an API server that is frozen", async (scene, stage) => {
  const { server } = stage.cluster;
  await begin(scene, stage);
  await alwaysAnswered(stage, async () => {
    server.freeze();
    await wait(AWAY_MS);
    server.thaw();
    await scene.endpointsOn("web", ["node-a", "node-c"]);
  });
  await scene.endpointsOn("web", []);
  await stage.answers(VIP, undefined);
});

announcements.run();
