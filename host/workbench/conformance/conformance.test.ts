/**
 * The suite on an announcer of a protocol that Herald never heard of, in TypeScript alone: it passes, and each fault that it is
 * given is found by the tests that are for it.
 *
 * The protocol: EtherType 0x88b5 (IEEE 802 "local experimental"), a byte 1 "who has", 2 "here it is", 3 "I am here now", and a VIP as text.
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Changes, type Context, definePlugin, type FrameSocket, type PluginDefinition } from "../../announcer.ts";
import { frameFilter } from "../../packets/filter.ts";
import { testLink } from "../testing/links.ts";
import { conformance } from "./conformance.ts";
import type { Outside } from "./play.ts";
import type { Stage } from "./stage.ts";
import { turns } from "./turns.ts";

const suites = suite("conformance");

const ETHERTYPE = 0x88b5;
const ASK = 1;
const HERE = 2;
const NOW_HERE = 3;

interface Config {
  readonly link: string;
}

type Fault =
  | "answers everything"
  | "forgets removals"
  | "announces again"
  | "refuses what it has"
  | "fails on strangers"
  | "keeps a timer"
  | "answers noise"
  | "falls over noise"
  | "falls over a denial"
  | "falls over links"
  | "announces after removal"
  | "asks for too much"
  | "asks for too little"
  | "takes any config"
  | "has a wrong example"
  | "goes on after its stop"
  | "starts once";

let starts = 0;
/** Started behind the context's back. */
const timers: NodeJS.Timeout[] = [];

function shout(fault?: Fault): PluginDefinition<Config> {
  return definePlugin<Config>({
    name: "shout",
    api: 1,
    from: "owner",
    serves: { kind: "L2Advertisement", families: [4, 6] },
    config: {
      type: "object",
      additionalProperties: fault === "takes any config",
      required: ["link"],
      properties: { link: { type: "string" } },
    },
    example: fault === "has a wrong example" ? ({ lnik: "eth0" } as unknown as Config) : { link: "eth0" },
    permissions: ({ link }) => [
      { kind: "frame", link: fault === "asks for too little" ? "eth9" : link, etherType: ETHERTYPE },
      ...(fault === "asks for too much" ? [{ kind: "net" as const, host: "*" }] : []),
    ],
    async start(context, { link }) {
      starts += 1;
      if (fault === "starts once" && starts > 1) throw new Error("already started");
      const socket = await context.frames.open({ link, etherType: ETHERTYPE }).catch((error: Error) => {
        if (fault === "falls over a denial") return undefined as unknown as FrameSocket;
        throw error;
      });
      return createShouter(context, socket, fault);
    },
  });
}

function createShouter(context: Context, socket: FrameSocket, fault: Fault | undefined) {
  const mac = Uint8Array.from(Buffer.from(context.links.all()[0]?.mac.replaceAll(":", "") ?? "", "hex"));
  const rows = new Set<string>();
  const say = (kind: number, vip: string) => socket.send(message(mac, kind, vip));
  let isLost = false;
  if (fault === "falls over links") context.links.watch((links) => (isLost ||= links.length === 0));
  if (fault === "keeps a timer") timers.push(setInterval(() => {}, 60_000));
  socket.onFrame((frame) => {
    if (fault === "answers noise") say(HERE, "?");
    if (fault === "falls over noise" && (frame[14] ?? 0) > NOW_HERE) isLost = true;
    if (frame[14] !== ASK) return;
    const vip = Buffer.from(frame.subarray(15)).toString();
    if (rows.has(vip) || fault === "answers everything") say(HERE, vip);
  });
  const drop = (vip: string): void => {
    if (fault !== "forgets removals") rows.delete(vip);
    if (fault === "announces after removal") context.clock.after(200, () => say(NOW_HERE, vip));
  };
  const take = (vip: string): boolean => {
    const isNew = !rows.has(vip);
    if (isNew || fault === "announces again") say(NOW_HERE, vip);
    rows.add(vip);
    return isNew || fault !== "refuses what it has";
  };
  return {
    async apply({ added, changed, removed }: Changes) {
      if (isLost) throw new Error("lost my way");
      if (fault === "fails on strangers" && removed.some(({ vip }) => !rows.has(vip))) throw new Error("no such row");
      for (const { vip } of removed) drop(vip);
      return [...added, ...changed].filter(({ vip }) => !take(vip)).map(({ vip }) => ({ vip, reason: "is there already" }));
    },
    async stop() {
      if (fault === "goes on after its stop") timers.push(setTimeout(() => {}, 60_000));
    },
  };
}

function message(source: Uint8Array, kind: number, vip: string): Uint8Array {
  const bytes = Buffer.concat([Buffer.alloc(6, 255), source, Buffer.from([ETHERTYPE >> 8, ETHERTYPE & 255, kind]), Buffer.from(vip)]);
  return Uint8Array.from(bytes);
}

function listener(stage: Stage): Outside {
  const heard: string[] = [];
  const { mac } = testLink("eth200");
  const station = stage.segment.join({ name: "listener", mac }, frameFilter({ etherType: ETHERTYPE }), (frame) => {
    if (frame[14] === HERE) heard.push(Buffer.from(frame.subarray(15)).toString());
  });
  const source = Uint8Array.from(Buffer.from(mac.replaceAll(":", ""), "hex"));
  return {
    async knows(vip) {
      heard.length = 0;
      station.transmit(message(source, ASK, vip));
      await turns();
      return heard.includes(vip);
    },
    close: () => station.leave(),
  };
}

/** Runs the tests, or the one of that title; gives the titles of those that fail. */
async function failures(definition: PluginDefinition<Config>, only?: string): Promise<string[]> {
  const tests: [title: string, call: () => Promise<void>][] = [];
  conformance((title, call) => tests.push([title, call]), definition, { outside: listener });
  const chosen = tests.filter(([title]) => only === undefined || title === only);
  assert.ok(chosen.length === (only === undefined ? tests.length : 1));
  const failed: string[] = [];
  for (const [title, call] of chosen) await call().catch((error: Error) => failed.push(`${title}: ${error.message}`));
  return failed;
}

suites("passes an announcer in TypeScript alone, of an unknown protocol", async () => {
  assert.equal(await failures(shout()), []);
});

suites("has much to say also where nobody outside speaks the protocol", async () => {
  const titles: string[] = [];
  conformance((title) => titles.push(title), shout());
  assert.ok(titles.length >= 10);
  const failed: string[] = [];
  const test = (title: string, call: () => Promise<void>) => waiting.push([title, call] as const);
  const waiting: (readonly [string, () => Promise<void>])[] = [];
  conformance(test, shout("fails on strangers"));
  for (const [title, call] of waiting) await call().catch(() => failed.push(title));
  assert.ok(failed.includes("rows that it does not have may be changed or removed"));
});

suites("tells what was declared and not used, where that is no fault", async () => {
  const told: unknown[] = [];
  const waiting: (() => Promise<void>)[] = [];
  conformance((title, call) => title === "it starts with what it declares" && waiting.push(call), shout("asks for too much"), {
    onUnused: (permissions) => told.push(...permissions),
  });
  for (const call of waiting) await call();
  assert.equal(told, [{ kind: "net", host: "*" }]);
});

/** The test that is for each fault; others may find it too. */
const found: Readonly<Record<Fault, string>> = {
  "answers everything": "nothing is known before anything is announced",
  "forgets removals": "what is added and then removed leaves nothing on the wire",
  "announces again": "nobody hears of rows that it has and that come again",
  "refuses what it has": "rows that it has may come again",
  "fails on strangers": "rows that it does not have may be changed or removed",
  "keeps a timer": "after a stop to replace nothing is left, and it can be started again",
  "answers noise": "frames that mean nothing to it are not answered",
  "falls over noise": "noise does it no harm",
  "falls over a denial": "a permission that was denied is a NotCapable, and no crash",
  "falls over links": "a link that goes and comes back does it no harm",
  "announces after removal": "what is added and then removed leaves nothing on the wire",
  "asks for too much": "it starts with what it declares, and declares no more than it uses",
  "asks for too little": "it starts with what it declares, and declares no more than it uses",
  "takes any config": "the example fits the schema, and a name that the schema does not know is refused",
  "has a wrong example": "the example fits the schema, and a name that the schema does not know is refused",
  "goes on after its stop": "after a stop to leave nothing is left, and it can be started again",
  "starts once": "after a stop to leave nothing is left, and it can be started again",
};

for (const [fault, title] of Object.entries(found)) {
  suites(`finds an announcer that ${fault}`, async () => {
    starts = 0;
    const failed = await failures(shout(fault as Fault), title);
    for (const timer of timers.splice(0)) clearTimeout(timer);

    assert.is(failed.length, 1);
  });
}

suites.run();
