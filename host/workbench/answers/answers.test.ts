/** What `docs/neighbors.md` says of who answers what is so, here and now: all of its tables but for what others say of MetalLB. */

import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readNeighborFrame } from "../lab/neighbor-frames.ts";
import { PrivateNetwork } from "../private-network.ts";
import { insideTests } from "../testing/inside.ts";
import { tool } from "../testing/requirements.ts";
import { type Asked, describeAdvertisements, describeReplies, REQUESTS, SOLICITATIONS } from "./questions.ts";
import { type Responders, startResponders } from "./responders.ts";
import { STATION, Station } from "./station.ts";

const ANSWERS = suite("answers");
const inside = insideTests(ANSWERS, import.meta.url, { end: async () => stage?.responders.end() });

const page = readFileSync(fileURLToPath(new URL("../../../docs/neighbors.md", import.meta.url)), "utf8");
/** An answer to a solicitation comes within a millisecond or two, unless the machine has others to serve; farpd looks first who else is there. */
const SOLICITED_MS = 400;
const ASKED_MS = 2000;
const START_MS = 15_000;
/** Longer than that between two announcements of a burst. */
const PAUSE_MS = 1500;

let stage: { readonly station: Station; readonly responders: Responders } | undefined;

type Who = Readonly<Record<string, Asked>>;
type Ask = (asked: Asked) => Uint8Array;

/** How those who speak a protocol are asked. */
interface Manner {
  readonly who: Who;
  readonly waitMs: number;
  describe(frames: readonly Uint8Array[], asked: Asked): string;
}

function running(): NonNullable<typeof stage> {
  if (stage === undefined) {
    const network = new PrivateNetwork();
    const responders = startResponders(network);
    stage = { station: new Station(network), responders };
  }
  return stage;
}

/** Asks all of them at once, as each has an address of its own. */
async function answersOf({ who, waitMs, describe }: Manner, ask: Ask): Promise<string[]> {
  const { station } = running();
  station.frames.length = 0;
  for (const asked of Object.values(who)) station.send(ask(asked));
  await wait(waitMs);
  return Object.values(who).map((asked) => describe(station.frames, asked));
}

/** Until each of them answers, and who announces itself has done so. */
async function untilAllAnswer(manner: Manner, ask: Ask): Promise<void> {
  for (const endMs = performance.now() + START_MS; ; ) {
    const answers = await answersOf(manner, ask);
    if (!answers.includes("no")) break;
    if (performance.now() > endMs) throw new Error(`Of ${Object.keys(manner.who)} answer ${answers}`);
  }
  const { frames } = running().station;
  const isAnnouncement = (frame: Uint8Array): boolean => readNeighborFrame(frame, STATION.mac)?.kind === "announcement";
  do {
    frames.length = 0;
    await wait(PAUSE_MS);
  } while (frames.some(isAnnouncement));
}

/** The rows of a table, by their first cell, with the cells below these heads. */
function tableOf(heads: readonly string[]): Map<string, string[]> {
  const lines = page.split("\n").map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  const from = lines.findIndex((cells) => heads.every((head) => cells.includes(head)));
  assert.ok(from >= 0, `a table with ${heads}`);
  const to = lines.findIndex((cells, at) => at > from && cells.length === 0);
  const columns = heads.map((head) => lines[from]?.indexOf(head) ?? -1);
  return new Map(lines.slice(from + 2, to).map((cells) => [cells[0] ?? "", columns.map((column) => cells[column] ?? "")]));
}

/** Begins with the first question, which everybody answers. */
async function check(manner: Manner, questions: Readonly<Record<string, Ask>>): Promise<void> {
  const found: string[] = [];
  for (const [question, ask] of Object.entries(questions)) {
    if (found.length === 0) await untilAllAnswer(manner, ask);
    found.push([question, ...(await answersOf(manner, ask))].join(" | "));
  }
  const said = [...tableOf(Object.keys(manner.who))].map(([question, cells]) => [question, ...cells].join(" | "));
  assert.is(said.join("\n"), found.join("\n"), `Found\n${found.join("\n")}`);
}

const tools = [tool("ndppd"), tool("farpd")];

inside("solicitations are answered as the page says", tools, async () => {
  await check({ who: running().responders.solicited, waitMs: SOLICITED_MS, describe: describeAdvertisements }, SOLICITATIONS);
});

inside("ARP requests are answered as the page says", tools, async () => {
  await check({ who: running().responders.asked, waitMs: ASKED_MS, describe: describeReplies }, REQUESTS);
});

ANSWERS.run();
