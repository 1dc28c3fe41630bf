/** What somebody outside can say of an announcer: that what is desired is what the network knows, and nothing else. */

import * as assert from "uvu/assert";
import type { Permission } from "../../announcer.ts";
import { randomFrom } from "../testing/random.ts";
import { noise } from "./noise.ts";
import { applyWithLoss, type MakeOutside, noChanges, type Outside, type Play, row, type Subject, settle } from "./play.ts";
import { turns } from "./turns.ts";

/** Longer than the time between two rounds of announcements. */
const SILENCE_MS = 1300;
const NOISE_FRAMES = 2000;
const STEPS = 40;

interface Watched extends Play {
  readonly outside: Outside;
}

interface WatchedSubject extends Subject {
  readonly outside: MakeOutside;
}

/** Registers a test with the announcer started, and somebody outside. */
function watch({ play, outside: makeOutside }: WatchedSubject, title: string, call: (watched: Watched) => Promise<void>): void {
  play(title, async (played) => {
    const outside = makeOutside(played.stage);
    try {
      await call({ ...played, outside });
    } finally {
      outside.close();
    }
  });
}

export function testKnownRows(subject: WatchedSubject): void {
  testAnnouncing(subject);
  testFailures(subject);
  testNoise(subject);
  testEnds(subject);
  if (subject.manifest.program !== undefined) testLinks(subject);
}

function testAnnouncing(subject: WatchedSubject): void {
  const [vip = "", other = ""] = subject.vips;

  watch(subject, "nothing is known before anything is announced", async (watched) => {
    await assertKnown(subject, watched, []);
    await settle(watched.announcer, noChanges);
    await assertKnown(subject, watched, []);
  });

  watch(subject, "what is added is known, and nothing else is", async (watched) => {
    await settle(watched.announcer, { added: [row(vip)] });
    await assertKnown(subject, watched, [vip]);
  });

  watch(subject, "nobody hears of rows that it has and that come again", async (watched) => {
    const { stage, announcer } = watched;
    await settle(announcer, { added: [row(vip), row(other)] });
    await stage.pass(100);
    const sent = stage.sentFrames;
    await settle(announcer, { added: [row(vip)], changed: [row(other, ["default/another", "default/web"])] });
    await stage.pass(200);
    assert.is(stage.sentFrames, sent);
    await assertKnown(subject, watched, [vip, other]);
  });

  watch(subject, "rows that it does not have are known when they are changed", async (watched) => {
    await settle(watched.announcer, { changed: [row(vip)], removed: [row(other)] });
    await settle(watched.announcer, noChanges);
    await assertKnown(subject, watched, [vip]);
  });

  watch(subject, "what is added and then removed leaves nothing on the wire", async (watched) => {
    const { stage, announcer } = watched;
    await settle(announcer, { added: [row(vip), row(other)] });
    await stage.pass(50);
    await settle(announcer, { removed: [row(vip), row(other)] });
    const sent = stage.sentFrames;
    await assertKnown(subject, watched, []);
    await stage.pass(SILENCE_MS);
    assert.is(stage.sentFrames, sent);
  });
}

function testFailures(subject: WatchedSubject): void {
  const { vips } = subject;
  const [vip = "", other = ""] = vips;

  for (const loss of ["call", "answer"] as const) {
    watch(subject, `what failed can be tried again, or be taken back: the ${loss} was lost`, async (watched) => {
      const { stage, announcer } = watched;
      await applyWithLoss(stage, announcer, { added: [row(vip), row(other)] }, loss);
      await settle(announcer, { changed: [row(vip)], removed: [row(other)] });
      await assertKnown(subject, watched, [vip]);
      await applyWithLoss(stage, announcer, { removed: [row(vip)] }, loss);
      await settle(announcer, { removed: [row(vip)] });
      await assertKnown(subject, watched, []);
    });
  }

  watch(subject, "whatever came before, what is desired in the end is what is known", async (watched) => {
    const seed = subject.seed();
    const random = randomFrom(seed);
    const pick = () => vips.filter(() => random(2) === 0);
    const rest = (picked: readonly string[]) => vips.filter((each) => !picked.includes(each));
    for (let step = 0; step < STEPS; step++) {
      const [added, removed] = [pick().map((each) => row(each)), pick()];
      const changes = { added, removed: removed.filter((each) => !added.some((one) => one.vip === each)).map((each) => row(each)) };
      if (random(2) === 0) await settle(watched.announcer, changes);
      else await applyWithLoss(watched.stage, watched.announcer, changes, random(2) === 0 ? "call" : "answer");
    }
    const wanted = pick();
    await settle(watched.announcer, { changed: wanted.map((each) => row(each)), removed: rest(wanted).map((each) => row(each)) });
    await assertKnown(subject, watched, wanted, `, SEED=${seed}`);
  });
}

function testNoise(subject: WatchedSubject): void {
  const [vip = ""] = subject.vips;
  watch(subject, "frames that mean nothing to it are not answered", async ({ stage, outside, announcer }) => {
    const plugin = await stage.keep(subject.open());
    const permissions: readonly Permission[] = await plugin.permissions(plugin.example);
    const etherTypes = permissions.flatMap((permission) => (permission.kind === "frame" ? permission.etherType : []));
    const seed = subject.seed();
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

function testEnds({ test, open, createStage, outside: makeOutside, vips: [vip = ""] }: WatchedSubject): void {
  for (const why of ["replace", "leave"] as const) {
    test(`after a stop to ${why} nothing is known, and after a start it is again`, async () => {
      const stage = createStage();
      const outside = makeOutside(stage);
      for (let life = 0; life < 2; life++) {
        const plugin = await stage.start(await open());
        await settle(plugin.announcer, { added: [row(vip)] });
        assert.is(await outside.knows(vip), true);
        if (why === "leave") await settle(plugin.announcer, { removed: [row(vip)] });
        await plugin.announcer.stop(why);
        await plugin.close();
        assert.is(await outside.knows(vip), false, "known after the stop");
      }
      outside.close();
      await stage.end();
    });
  }
}

function testLinks(subject: WatchedSubject): void {
  const [vip = ""] = subject.vips;
  watch(subject, "a link that goes and comes back is served again", async ({ stage, outside, announcer }) => {
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

/** Fails unless exactly these are known. */
async function assertKnown({ vips }: Subject, { outside }: Pick<Watched, "outside">, known: readonly string[], more = ""): Promise<void> {
  for (const vip of vips) assert.is(await outside.knows(vip), known.includes(vip), `${vip} is known${more}`);
}
