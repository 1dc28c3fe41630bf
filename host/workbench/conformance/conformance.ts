/**
 * What every announcer must do, whatever its protocol: one suite that each plugin runs, with somebody outside who can tell what it has
 * made known.
 *
 *   conformance(suite, definition, (stage) => arpNeighbor(stage));
 *
 * Everything runs in memory, the packet programs are real. The clock is too: packet programs keep their own time, so tests of silence wait.
 */

import * as assert from "uvu/assert";
import type { PluginDefinition } from "../../announcer.ts";
import { createCheck } from "../../sandbox/check-config.ts";
import { Grants } from "../../sandbox/permissions/grants.ts";
import { randomFrom, testSeed } from "../testing/random.ts";
import { noise } from "./noise.ts";
import { applyWithLoss, assertKnown, createSubject, noChanges, type Outside, type Register, row, type Subject, settle } from "./play.ts";
import { createStage, type Stage } from "./stage.ts";
import { pause, turns } from "./turns.ts";

/** Longer than the time between two rounds of announcements. */
const SILENCE_MS = 1300;
const NOISE_FRAMES = 2000;
const STEPS = 40;

/** Registers every test. `makeOutside` puts somebody on the stage who knows the announcer's protocol. */
export function conformance<Config>(test: Register, definition: PluginDefinition<Config>, makeOutside: (stage: Stage) => Outside): void {
  const subject = createSubject(test, definition, makeOutside);
  testDefinition(subject);
  testAnnouncing(subject as Subject);
  testFailures(subject as Subject);
  testNoise(subject as Subject);
  testEnds(subject as Subject);
  if (definition.program !== undefined) testLinks(subject as Subject);
}

function testDefinition<Config>({ test, definition, play, vips }: Subject<Config>): void {
  test("the example fits the schema, and a name that the schema does not know is refused", async () => {
    const check = createCheck("example", definition.config);
    assert.equal(check(definition.example), []);
    assert.equal(check({ ...definition.example, "no-such-setting": 1 }).length, 1);
  });

  play("it starts with what it declares, and declares no more than it uses", async ({ stage, announcer }) => {
    await settle(announcer, { added: vips.map((vip) => row(vip)) });
    assert.equal(
      stage.used.filter(({ isAllowed }) => !isAllowed),
      [],
    ); // a refusal may have been caught
    for (const declared of definition.permissions(definition.example)) {
      const grant = new Grants(definition.name, [declared]);
      assert.ok(
        stage.used.some(({ permission }) => grant.allows(permission)),
        `${JSON.stringify(declared)} is used`,
      );
    }
  });
}

function testAnnouncing(subject: Subject): void {
  const { play, vips } = subject;
  const [vip = "", other = ""] = vips;

  play("nothing is known before anything is announced, and a first call with nothing is taken", async (staged) => {
    await assertKnown(subject, staged, []);
    await settle(staged.announcer, noChanges);
    await assertKnown(subject, staged, []);
  });

  play("what is added is known, and nothing else is", async (staged) => {
    await settle(staged.announcer, { added: [row(vip)] });
    await assertKnown(subject, staged, [vip]);
  });

  play("rows that it has may come again, and nobody hears of it", async (staged) => {
    const { stage, announcer } = staged;
    await settle(announcer, { added: [row(vip), row(other)] });
    await pause(100);
    const sent = stage.sentFrames;
    await settle(announcer, { added: [row(vip)], changed: [row(other, ["default/another", "default/web"])] });
    await pause(200);
    assert.is(stage.sentFrames, sent);
    await assertKnown(subject, staged, [vip, other]);
  });

  play("rows that it does not have may be changed or removed", async (staged) => {
    await settle(staged.announcer, { changed: [row(vip)], removed: [row(other)] });
    await settle(staged.announcer, noChanges);
    await assertKnown(subject, staged, [vip]);
  });

  play("what is added and then removed leaves nothing on the wire", async (staged) => {
    const { stage, announcer } = staged;
    await settle(announcer, { added: [row(vip), row(other)] });
    await pause(50);
    await settle(announcer, { removed: [row(vip), row(other)] });
    const sent = stage.sentFrames;
    await assertKnown(subject, staged, []);
    await pause(SILENCE_MS);
    assert.is(stage.sentFrames, sent);
  });
}

function testFailures(subject: Subject): void {
  const { play, vips } = subject;
  const [vip = "", other = ""] = vips;

  for (const loss of ["call", "answer"] as const) {
    play(`what failed can be tried again, or be taken back: the ${loss} was lost`, async (staged) => {
      const { stage, announcer } = staged;
      await applyWithLoss(stage, announcer, { added: [row(vip), row(other)] }, loss);
      await settle(announcer, { changed: [row(vip)], removed: [row(other)] });
      await assertKnown(subject, staged, [vip]);
      await applyWithLoss(stage, announcer, { removed: [row(vip)] }, loss);
      await settle(announcer, { removed: [row(vip)] });
      await assertKnown(subject, staged, []);
    });
  }

  play("whatever came before, what is desired in the end is what is known", async (staged) => {
    const seed = testSeed();
    const random = randomFrom(seed);
    const pick = () => vips.filter(() => random(2) === 0);
    const rest = (picked: readonly string[]) => vips.filter((each) => !picked.includes(each));
    for (let step = 0; step < STEPS; step++) {
      const [added, removed] = [pick().map((each) => row(each)), pick()];
      const changes = { added, removed: removed.filter((each) => !added.some((one) => one.vip === each)).map((each) => row(each)) };
      if (random(2) === 0) await settle(staged.announcer, changes);
      else await applyWithLoss(staged.stage, staged.announcer, changes, random(2) === 0 ? "call" : "answer");
    }
    const wanted = pick();
    await settle(staged.announcer, { changed: wanted.map((each) => row(each)), removed: rest(wanted).map((each) => row(each)) });
    await assertKnown(subject, staged, wanted, `, SEED=${seed}`);
  });
}

function testNoise({ play, vips: [vip = ""], definition }: Subject): void {
  play("frames that mean nothing to it are not answered, and do it no harm", async ({ stage, outside, announcer }) => {
    const permissions = definition.permissions(definition.example);
    const etherTypes = permissions.flatMap((permission) => (permission.kind === "frame" ? permission.etherType : []));
    const seed = testSeed();
    for (const frame of noise(seed, NOISE_FRAMES, etherTypes)) {
      stage.segment.transmit(frame);
      if (frame.length % 8 === 0) await turns(1);
    }
    await turns();
    assert.is(stage.sentFrames, 0, `frames sent, SEED=${seed}`);
    await settle(announcer, { added: [row(vip)] });
    assert.is(await outside.knows(vip), true, `${vip} is known, SEED=${seed}`);
  });
}

function testEnds({ test, definition, makeOutside, vips: [vip = ""] }: Subject): void {
  for (const why of ["replace", "leave"] as const) {
    test(`after a stop to ${why} nothing is left, and it can be started again`, async () => {
      const before = resources();
      const stage = createStage();
      const outside = makeOutside(stage);
      for (let life = 0; life < 2; life++) {
        const plugin = await stage.start(definition);
        await settle(plugin.announcer, { added: [row(vip)] });
        assert.is(await outside.knows(vip), true);
        if (why === "leave") await settle(plugin.announcer, { removed: [row(vip)] });
        await plugin.announcer.stop(why);
        await plugin.close();
        const sent = stage.sentFrames;
        assert.is(await outside.knows(vip), false, "known after the stop");
        await pause(life * SILENCE_MS);
        assert.is(stage.sentFrames, sent, "frames after the stop");
      }
      outside.close();
      assert.is(stage.segment.openPorts, 0, "ports on the segment");
      await stage.end();
      await turns();
      assert.equal(resources(), before, "what keeps the process alive");
    });
  }
}

function testLinks({ play, vips: [vip = ""] }: Subject): void {
  play("a link that goes and comes back is served again", async ({ stage, outside, announcer }) => {
    const links = stage.links.all();
    await settle(announcer, { added: [row(vip)] });
    stage.links.set([]);
    await turns();
    assert.is(await outside.knows(vip), false);
    stage.links.set(links);
    await turns();
    assert.is(await outside.knows(vip), true);
  });
}

/** Timers, sockets and whatever else keeps the process alive, by kind. */
function resources(): string[] {
  return process.getActiveResourcesInfo().sort();
}
