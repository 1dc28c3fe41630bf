/** The context as a plugin has it that runs elsewhere: each power asks the host. */

import type { Codecs, Context, Links, PermissionState, Permissions } from "../../announcer.ts";
import type { Opened } from "../opened.ts";
import { absentProgram } from "../program/absent-program.ts";
import type { FarSide } from "./far-side.ts";
import { ownClock } from "./powers/clock.ts";
import { borrowFetch } from "./powers/fetch.ts";
import { borrowFrames } from "./powers/frames.ts";
import { borrowLiveness } from "./powers/liveness.ts";
import { borrowNet } from "./powers/net.ts";
import { borrowProgram } from "./powers/program.ts";
import { borrowSecrets } from "./powers/secrets.ts";
import { borrowServices } from "./powers/services.ts";
import { borrowLog, borrowMetrics, borrowReport } from "./powers/telling.ts";
import { borrowUdp } from "./powers/udp.ts";

export interface BorrowedParts {
  readonly far: FarSide;
  readonly opened: Opened;
  readonly node: string;
  readonly links: Links;
  readonly hasProgram: boolean;
  /** Who is asked for metrics, by number. */
  readonly collectors: Map<number, unknown>;
}

export function borrowContext({ far, opened, node, links, hasProgram, collectors }: BorrowedParts): Context {
  return far.harden<Context>({
    node,
    log: borrowLog(far),
    metrics: borrowMetrics(far, collectors),
    clock: ownClock(far, opened),
    random: () => far.powers.random(),
    links,
    program: hasProgram ? borrowProgram(far) : absentProgram(far.plugin),
    frames: borrowFrames(far),
    net: borrowNet(far),
    udp: borrowUdp(far),
    liveness: borrowLiveness(far),
    secrets: borrowSecrets(far),
    services: borrowServices(far),
    fetch: borrowFetch(far),
    routeTables() {
      throw new Error("Route tables are for built-in plugins: they live in the host's memory");
    },
    codec: borrowCodecs(far),
    permissions: borrowPermissions(far),
    report: borrowReport(far),
  });
}

function borrowCodecs(far: FarSide): Codecs {
  const codec = ((name: "bgp") => {
    const { codec } = far.powers;
    if (codec === undefined) throw new Error("There are no codecs where this plugin runs");
    return far.harden(codec(name));
  }) as Codecs;
  return codec;
}

function borrowPermissions(far: FarSide): Permissions {
  const ask =
    (what: keyof Permissions): Permissions["query"] =>
    async (permission) =>
      (await far.call(`permissions.${what}`, permission)) as PermissionState;
  return { query: ask("query"), request: ask("request"), revoke: ask("revoke") };
}
