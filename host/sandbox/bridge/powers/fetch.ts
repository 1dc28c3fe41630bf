/** HTTP. Long bodies go in pieces, either way. */

import type { Fetch, FetchAnswer } from "../../../announcer.ts";
import type { Methods, Plain } from "../../cell/channel.ts";
import { type FarSide, ownBytes } from "../far-side.ts";
import type { Lender } from "../lender.ts";
import { inPieces, joined } from "../parts.ts";
import { either, finite, object, optional, record, text } from "../read.ts";
import { newHandle } from "./addresses.ts";
import { body } from "./body.ts";
import { secretName } from "./secrets.ts";

const LONGEST_VALUE = 8192;
/** Answers whose rest nobody has asked for: the requests that may be on their way at once. */
const MOST_ANSWERS = 16;
const headerValue = either(text(LONGEST_VALUE), object({ secret: secretName, before: optional(text(LONGEST_VALUE)) }));

export function lendFetch(lender: Lender): Methods {
  const options = object({
    method: optional(text(32)),
    headers: optional(record(headerValue, 64, 256)),
    timeoutMs: optional(finite),
    body: optional(body(lender)),
  });
  const rests = new Map<number, Generator<Uint8Array>>();
  const piece = (id: number): Plain => {
    const { value, done } = rests.get(id)?.next() ?? { value: undefined, done: true };
    if (done === true) rests.delete(id);
    return value ?? null;
  };
  return {
    fetch: lender.called([newHandle, text(LONGEST_VALUE), options], async (id, url, wanted) => {
      const { status, headers, body } = await lender.context.fetch(url, wanted);
      if (rests.size >= MOST_ANSWERS) throw new Error("too many answers that were not taken");
      rests.set(id, inPieces(body));
      return { status, headers: headers as Plain };
    }),
    "fetch.piece": lender.called([newHandle], piece),
  };
}

export function borrowFetch(far: FarSide): Fetch {
  let last = 0;
  return async (url, { method, headers, body, timeoutMs } = {}) => {
    last += 1;
    const id = last;
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const parcel = bytes === undefined ? undefined : far.parcel(ownBytes(bytes));
    const answer = (await far.call("fetch", id, url, { method, headers, timeoutMs, body: parcel })) as unknown as FetchAnswer;
    const pieces: Uint8Array[] = [];
    for (;;) {
      const piece = await far.call("fetch.piece", id);
      if (piece === null) break;
      pieces.push(piece as Uint8Array);
    }
    return { ...far.harden({ status: answer.status, headers: answer.headers }), body: joined(pieces) };
  };
}
