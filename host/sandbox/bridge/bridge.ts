/**
 * The bridge: a context is lent to a plugin that runs in a process of its own, and its announcer is had from there, over a Channel.
 *
 * There are two halves. This one is the host's, and trusts nothing that it hears; `serve-plugin.ts` is the plugin's, beside its code. Each
 * power is one file in `powers/`, with what both halves make of it: a table of methods here, the object that the plugin gets there. The
 * context that is lent is the one that a built-in would have, cut to the plugin's grants: so what a plugin may do is decided in one place, by
 * the powers themselves, and the bridge adds nothing but shapes and bounds.
 *
 * Shapes: each method reads its arguments before it does anything (`read.ts`). Bounds: what is open is a number, of which there are at most
 * 1024 (`handles.ts`); what flows to the plugin keeps to credits (`flow.ts`); states that change faster than it listens are left out, but for
 * the last (`updates.ts`); what is long goes in parts (`parts.ts`, `pages.ts`); lines of the log come at a limited rate.
 *
 * Called, and so answered: whatever gives a promise in the contract. Told, and so not: `send`, `write`, `join`, `log`, `metrics`, `report`, and
 * whatever watches. What the host refuses of these is said in its log, once and then at every power of ten; the plugin does not hear of it.
 *
 * Of a channel that ends, everything is closed that was opened over it.
 */

import type { Announcer, Close, Context, Permission } from "../../announcer.ts";
import type { Channel, Methods, Plain } from "../cell/channel.ts";
import type { Manifest } from "../hosted.ts";
import { Lender } from "./lender.ts";
import { lentAnnouncer } from "./lent-announcer.ts";
import { readManifest } from "./manifest.ts";
import { handle, newHandle } from "./powers/addresses.ts";
import { lendFetch } from "./powers/fetch.ts";
import { lendFrames } from "./powers/frames.ts";
import { lendLinks } from "./powers/links.ts";
import { lendLiveness } from "./powers/liveness.ts";
import { lendNet } from "./powers/net.ts";
import { lendPermissions, permissions } from "./powers/permissions.ts";
import { lendProgram } from "./powers/program.ts";
import { lendSecrets } from "./powers/secrets.ts";
import { lendServices } from "./powers/services.ts";
import { lendTelling } from "./powers/telling.ts";
import { lendUdp } from "./powers/udp.ts";
import { bytes, finite, list, oneOf, type Reader } from "./read.ts";

const ASK_TIMEOUT_MS = 10_000;
const START_TIMEOUT_MS = 10_000;
const LONGEST_PIECE = 64 * 1024;

/** What the plugin is, as it says, with what is left of its schemas in `tame-schema.ts`. Rejects with everything that is wrong with that. */
export async function inspect(channel: Channel): Promise<Manifest> {
  return readManifest(await channel.call("inspect", [], ASK_TIMEOUT_MS));
}

/** What the plugin asks for with this config. Rejects where the config does not fit its schema. */
export async function askPermissions(channel: Channel, config: unknown): Promise<readonly Permission[]> {
  return permissions(await channel.call("permissions", [config as Plain], ASK_TIMEOUT_MS), "permissions");
}

/** Starts the plugin, once a channel, with this context. */
export async function startOver(channel: Channel, context: Context, config: unknown): Promise<Announcer> {
  const lender = new Lender(context, channel);
  channel.serve(methodsOf(lender));
  let closeLinks: Close = () => {};
  const end = (): void => {
    closeLinks();
    lender.handles.end();
  };
  channel.onEnd(end);
  try {
    closeLinks = await lendLinks(lender);
    const has = list(optionalMethod, 16)(await channel.call("start", [context.node, config as Plain], START_TIMEOUT_MS), "start");
    return lentAnnouncer(lender, new Set(has));
  } catch (error) {
    end();
    throw error;
  }
}

const optionalMethod = oneOf("held", "configure", "drain", "undrain", "inspect");

/** Everything that a plugin can call or tell. */
export function methodsOf(lender: Lender): Methods {
  const { flow } = lender;
  const taken: Reader<readonly (readonly [number, number])[]> = list((value, path) => {
    const [id = 0, amount = 0] = list(finite, 2)(value, path);
    return [id, amount] as const;
  }, 4096);
  return {
    close: lender.told("to close", [handle], (id) => lender.close(id)),
    taken: lender.told("credits", [taken], (amounts) => {
      for (const [id, amount] of amounts) flow.taken(id, amount);
    }),
    piece: lender.told("a piece of a body", [newHandle, bytes(LONGEST_PIECE)], (id, piece) => lender.keepPiece(id, piece)),
    ...lendProgram(lender),
    ...lendFrames(lender),
    ...lendNet(lender),
    ...lendUdp(lender),
    ...lendLiveness(lender),
    ...lendSecrets(lender),
    ...lendServices(lender),
    ...lendFetch(lender),
    ...lendTelling(lender),
    ...lendPermissions(lender),
  };
}
