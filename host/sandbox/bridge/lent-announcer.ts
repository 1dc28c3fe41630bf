/** The announcer of a plugin that runs elsewhere, as the host calls it. What it answers is believed as far as it has the right shape, and no further. */

import type { Announcement, Announcer, Changes, Refusal } from "../../announcer.ts";
import type { Plain } from "../cell/channel.ts";
import type { Lender } from "./lender.ts";
import { inParts } from "./parts.ts";
import { list, object, oneOf, optional, orNull, pageOf, plain, type Reader, record, text } from "./read.ts";

const APPLY_TIMEOUT_MS = 30_000;
const CONFIGURE_TIMEOUT_MS = 10_000;
const HELD_TIMEOUT_MS = 10_000;
/** Of `drain`, `undrain` and `stop`, and of each page. */
const TIMEOUT_MS = 5000;
const MOST_HELD = 100_000;
const LONGEST_REASON = 500;
const LONGEST_PAGE = 1000;

const page = pageOf(plain, LONGEST_PAGE);
type Page = ReturnType<typeof page>;
const answer = object({ value: optional(plain), page: optional(page) });
const refusal = object({ vip: text(64), reason: text(1 << 18) });
const announcement: Reader<Announcement> = object({
  vip: text(64),
  family: oneOf(4, 6),
  links: orNull(list(text(64), 256)),
  services: list(text(512), 1024),
  attributes: record(plain, 256, 256),
}) as Reader<Announcement>;

/** `has`: which of the optional methods the plugin has. */
export function lentAnnouncer(lender: Lender, has: ReadonlySet<string>): Announcer {
  const { channel } = lender;
  const call = (method: string, args: readonly Plain[], timeoutMs: number) => channel.call(method, args, timeoutMs);
  let batches = 0;
  const apply = async (changes: Changes): Promise<readonly Refusal[]> => {
    batches += 1;
    await lender.listsHeard();
    const tooLong = await sendRows(lender, batches, changes);
    const first = page(await call("apply", [batches], APPLY_TIMEOUT_MS), "apply");
    const known = new Set([...changes.added, ...changes.changed, ...changes.removed].map(({ vip }) => vip));
    return [...tooLong, ...(await refusals(lender, first, known))];
  };
  return {
    apply,
    stop: async (why) => void (await call("stop", [why], TIMEOUT_MS)),
    ...(has.has("held") ? { held: () => held(lender) } : {}),
    ...(has.has("drain") ? { drain: async () => void (await call("drain", [], TIMEOUT_MS)) } : {}),
    ...(has.has("undrain") ? { undrain: async () => void (await call("undrain", [], TIMEOUT_MS)) } : {}),
    ...(has.has("inspect") ? { inspect: (what) => inspect(lender, what) } : {}),
    ...(has.has("configure")
      ? { configure: async (config) => (await call("configure", [config as Plain], CONFIGURE_TIMEOUT_MS)) === true }
      : {}),
  };
}

function partsOf({ added, changed, removed, moved = new Set() }: Changes): readonly (readonly [string, readonly unknown[]])[] {
  return [
    ["added", added],
    ["changed", changed],
    ["removed", removed],
    ["moved", removed.map(({ vip }) => vip).filter((vip) => moved.has(vip))],
  ];
}

/** Gives the rows that are too long for any message. */
async function sendRows({ channel }: Lender, batch: number, changes: Changes): Promise<Refusal[]> {
  const tooLong: Refusal[] = [];
  const parts = partsOf(changes).flatMap(([kind, rows]) => Array.from(inParts(rows), ([part]) => [kind, part] as const));
  for (const [kind, part] of parts.filter(([, rows]) => rows.length > 0)) {
    try {
      await channel.call("rows", [batch, kind, part as readonly Plain[]], APPLY_TIMEOUT_MS);
    } catch (error) {
      const [row] = part as readonly Announcement[];
      if (!(error instanceof TypeError && part.length === 1 && row !== undefined)) throw error;
      tooLong.push({ vip: row.vip, reason: error.message });
    }
  }
  return tooLong;
}

/** Those of rows of this batch; each row once. */
async function refusals(lender: Lender, first: Page, known: ReadonlySet<string>): Promise<readonly Refusal[]> {
  const found = new Map<string, Refusal>();
  let left = 2 * known.size + LONGEST_PAGE;
  const { clock } = lender.context;
  const endMs = clock.now() + APPLY_TIMEOUT_MS;
  for await (const row of rowsOf(lender, first)) {
    if (left === 0) throw new Error("apply: found more refusals than rows");
    if (clock.now() > endMs) throw new Error(`apply: its refusals took longer than ${APPLY_TIMEOUT_MS / 1000} s`);
    left -= 1;
    const { vip, reason } = refusal(row, "apply");
    if (known.has(vip)) found.set(vip, { vip, reason: reason.slice(0, LONGEST_REASON) });
    else lender.complain("The plugin refused a row that it was not given");
  }
  return [...found.values()];
}

async function held(lender: Lender): Promise<readonly Announcement[]> {
  const answered = await lender.channel.call("held", [], HELD_TIMEOUT_MS);
  const rows: Announcement[] = [];
  if (answered === undefined) return rows;
  for await (const row of rowsOf(lender, page(answered, "held"))) {
    if (rows.length >= MOST_HELD) throw new Error(`held: found more rows than ${MOST_HELD}`);
    rows.push(announcement(row, "held"));
  }
  return rows;
}

async function inspect(lender: Lender, what: string): Promise<unknown> {
  const found = answer(await lender.channel.call("ask", [what], TIMEOUT_MS), "inspect");
  return found.page === undefined ? found.value : rowsOf(lender, found.page);
}

/** Row by row, as slowly as somebody reads. */
async function* rowsOf({ channel }: Lender, first: Page): AsyncGenerator<Plain> {
  let next: Page = first;
  try {
    for (;;) {
      yield* next.rows;
      const { page: number } = next;
      if (number === undefined) return;
      next = { rows: [] };
      next = page(await channel.call("page", [number], TIMEOUT_MS), "page");
    }
  } finally {
    if (next.page !== undefined) channel.tell("page.close", [next.page]);
  }
}
