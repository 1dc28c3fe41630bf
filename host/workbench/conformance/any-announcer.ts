/** What can be said of an announcer whose protocol nobody here speaks. */

import * as assert from "uvu/assert";
import type { Permission } from "../../announcer.ts";
import { createCheck } from "../../sandbox/check-config.ts";
import type { HostedPlugin } from "../../sandbox/hosted.ts";
import { Grants } from "../../sandbox/permissions/grants.ts";
import { randomFrom } from "../testing/random.ts";
import { noise } from "./noise.ts";
import { applyWithLoss, noChanges, row, type Subject, settle } from "./play.ts";
import { pause, turns } from "./turns.ts";

const NOISE_FRAMES = 2000;
const STEPS = 40;
/** Longer than the time between two rounds of announcements. */
const SILENCE_MS = 1300;
const NOT_CAPABLE = /NotCapable|may not use|asks for no/;

export function testAnyAnnouncer(subject: Subject): void {
  testDefinition(subject);
  testChanges(subject);
  testNoise(subject);
  testCaptures(subject);
  testDenials(subject);
  testEnds(subject);
}

function testDefinition({ test, manifest, options, open, play, vips }: Subject): void {
  test("the example fits the schema, and a name that the schema does not know is refused", async () => {
    const check = createCheck("example", manifest.config);
    assert.equal(check(manifest.example), []);
    assert.equal(check({ ...(manifest.example as object), "no-such-setting": 1 }).length, 1);
  });

  const declaresNoMore = options.onUnused === undefined ? ", and declares no more than it uses" : "";
  play(`it starts with what it declares${declaresNoMore}`, async ({ stage, announcer }) => {
    await settle(announcer, { added: vips.map((vip) => row(vip)) });
    await stage.pass(SILENCE_MS);
    const refused = stage.used.filter(({ isAllowed }) => !isAllowed).map(({ permission }) => permission);
    assert.equal(refused, [], "permissions that it uses and does not declare"); // a refusal may have been caught
    const unused = (await declared(await stage.keep(open()))).filter((permission) => !isUsed(permission));
    if (options.onUnused === undefined) assert.equal(unused, [], "permissions that it declares and does not use");
    else options.onUnused(unused);

    function isUsed(permission: Permission): boolean {
      const grant = new Grants(manifest.name, [permission]);
      return stage.used.some((use) => grant.allows(use.permission));
    }
  });
}

function testChanges({ play, seed, vips }: Subject): void {
  const [vip = "", other = ""] = vips;

  play("a first call with nothing is taken", async ({ announcer }) => {
    await settle(announcer, noChanges);
    await settle(announcer, { added: [row(vip)] });
  });

  play("rows that it has may come again", async ({ announcer }) => {
    await settle(announcer, { added: [row(vip), row(other)] });
    await settle(announcer, { added: [row(vip)], changed: [row(other, ["default/another", "default/web"])] });
  });

  play("rows that it does not have may be changed or removed", async ({ announcer }) => {
    await settle(announcer, { changed: [row(vip)], removed: [row(other)] });
    await settle(announcer, { removed: [row(vip)] });
    await settle(announcer, { removed: [row(vip)] });
  });

  play("rows come and go in any order, also where calls fail", async ({ stage, announcer }) => {
    const random = randomFrom(seed());
    for (let step = 0; step < STEPS; step++) {
      const added = vips.filter(() => random(2) === 0);
      const removed = vips.filter((each) => !added.includes(each) && random(2) === 0);
      const changes = { added: added.map((each) => row(each)), removed: removed.map((each) => row(each)) };
      if (random(2) === 0) await settle(announcer, changes);
      else await applyWithLoss(stage, announcer, changes, random(2) === 0 ? "call" : "answer");
      if (random(4) === 0) await stage.pass(10);
    }
    await settle(announcer, { removed: vips.map((each) => row(each)) });
  });

  play("a link that goes and comes back does it no harm", async ({ stage, announcer }) => {
    const links = stage.links.all();
    await settle(announcer, { added: [row(vip)] });
    stage.links.set([]);
    await turns();
    await settle(announcer, { removed: [row(vip)] });
    stage.links.set(links);
    await turns();
    await settle(announcer, { added: [row(vip)] });
  });
}

function testNoise({ play, open, seed, vips: [vip = ""] }: Subject): void {
  play("noise does it no harm", async ({ stage, announcer }) => {
    const permissions = await declared(await stage.keep(open()));
    const etherTypes = permissions.flatMap((permission) => (permission.kind === "frame" ? permission.etherType : []));
    await settle(announcer, { added: [row(vip)] });
    for (const frame of noise(seed(), NOISE_FRAMES, etherTypes)) {
      stage.segment.transmit(frame);
      if (frame.length % 8 === 0) await turns(1);
    }
    await turns();
    await settle(announcer, { removed: [row(vip)] });
  });
}

/** Of 20 ms. */
const ANSWER_TURNS = 100;

function testCaptures({ play, options: { captures = [] }, vips }: Subject): void {
  for (const { name, frames, answers } of captures) {
    play(`${name} ${answers === undefined ? "does it no harm" : "is answered as it should be"}`, async ({ stage, announcer }) => {
      await settle(announcer, { added: vips.map((vip) => row(vip)) });
      await stage.pass(SILENCE_MS);
      const sent: string[] = [];
      stage.segment.onFrame((frame, link) => void (stage.links.all().some((own) => own.name === link) && sent.push(hexOf(frame))));
      for (const frame of frames) stage.segment.transmit(frame);
      await turns(16);
      // A process of its own takes its time.
      for (let left = ANSWER_TURNS; left > 0 && sent.length < (answers?.length ?? 0); left--) await pause(20);
      if (answers !== undefined) assert.equal(sent, answers);
      await settle(announcer, { removed: vips.map((vip) => row(vip)) });
    });
  }
}

function hexOf(frame: Uint8Array): string {
  return Buffer.from(frame).toString("hex");
}

/** Without one of its permissions it says so by NotCapable, or does without; it never falls over. */
function testDenials({ test, open, createStage, vips: [vip = ""] }: Subject): void {
  test("a permission that was denied is a NotCapable, and no crash", async () => {
    const stage = createStage();
    try {
      const all = await declared(await stage.keep(open()));
      for (const denied of all) {
        const failure = await failureWithout(await stage.keep(open()), denied).catch((error: Error) => error);
        const said = failure && chain(failure);
        if (said !== undefined) assert.match(said, NOT_CAPABLE, `without ${JSON.stringify(denied)} it says ${said}`);
      }
    } finally {
      await stage.end();
    }

    async function failureWithout(plugin: HostedPlugin, denied: Permission): Promise<Error | undefined> {
      const running = await stage.start(plugin, plugin.example, [denied]);
      try {
        await running.announcer.apply({ ...noChanges, added: [row(vip)] });
        await stage.pass(SILENCE_MS);
      } finally {
        await running.close();
      }
      return undefined;
    }
  });
}

/** An error and what it came of, in words. */
function chain(error: Error): string {
  return `${error.name}: ${error.message}${error.cause instanceof Error ? `; ${chain(error.cause)}` : ""}`;
}

function testEnds({ test, isHere, open, createStage, vips: [vip = ""] }: Subject): void {
  for (const why of ["replace", "leave"] as const) {
    test(`after a stop to ${why} nothing is left, and it can be started again`, async () => {
      const before = resources();
      const stage = createStage();
      for (let life = 0; life < 2; life++) {
        const plugin = await stage.start(await open());
        await settle(plugin.announcer, { added: [row(vip)] });
        if (why === "leave") await settle(plugin.announcer, { removed: [row(vip)] });
        await plugin.announcer.stop(why);
        await plugin.close();
        assert.is(plugin.open, 0, "sockets, timers and watches that are open");
        const sent = stage.sentFrames;
        await turns();
        await stage.pass(life * SILENCE_MS);
        assert.is(stage.sentFrames, sent, "frames after the stop");
      }
      assert.is(stage.segment.openPorts, 0, "ports on the segment");
      await stage.end();
      await turns();
      if (isHere) assert.equal(resources(), before, "what keeps the process alive");
    });
  }
}

async function declared(plugin: HostedPlugin): Promise<readonly Permission[]> {
  return await plugin.permissions(plugin.example);
}

/** Timers, sockets and whatever else keeps the process alive, by kind. */
function resources(): string[] {
  return process.getActiveResourcesInfo().sort();
}
