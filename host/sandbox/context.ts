/**
 * The context of one plugin: everything that it can do, cut to its grants. What was opened through it is closed with it, in
 * whatever state the plugin left it.
 */

import type { Clock, Context, Liveness, Log, Metrics, Permissions, Program } from "../announcer.ts";
import type { RawFrames } from "../packets/frame-socket.ts";
import type { FrameGuard } from "../packets/guarded/frame-guard.ts";
import type { LinkSource } from "../packets/links.ts";
import { RouteTables } from "../packets/routes.ts";
import type { RawTcp } from "../packets/tcp.ts";
import type { RawUdp } from "../packets/udp.ts";
import type { Opened } from "./opened.ts";
import type { Grants } from "./permissions/grants.ts";
import { createClock } from "./powers/clock.ts";
import { codecs } from "./powers/codecs.ts";
import { createFetch, type Exchange } from "./powers/fetch.ts";
import { createFrames } from "./powers/frames.ts";
import { createLiveness } from "./powers/liveness.ts";
import { createSecrets, type SecretSource } from "./powers/secrets.ts";
import { createServices, type NamedServices, type ServiceSource } from "./powers/services.ts";
import { createNet } from "./powers/tcp.ts";
import { createUdp } from "./powers/udp.ts";
import { absentProgram } from "./program/absent-program.ts";

export interface ContextParts {
  readonly node: string;
  readonly plugin: string;
  readonly grants: Grants;
  readonly opened: Opened;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly links: LinkSource;
  readonly frames: RawFrames;
  /** Of a plugin that is not built in. */
  readonly frameGuard?: Pick<FrameGuard, "problemOf"> | undefined;
  readonly secrets: SecretSource;
  readonly services: ServiceSource;
  /** Those that the plugin's rows name. */
  readonly named: NamedServices;
  readonly liveness: Liveness;
  /** Undefined for a plugin without a packet program. */
  readonly program: Program | undefined;
  readonly report: Context["report"];
  readonly world?: World | undefined;
}

/** Where time and sockets come from. Default: this machine. */
export interface World {
  readonly clock?: Clock;
  readonly udp?: RawUdp;
  readonly tcp?: RawTcp;
  readonly http?: Exchange;
}

export function createContext(parts: ContextParts): Context {
  const { node, plugin, grants, opened, log, metrics, links, report, world = {} } = parts;
  return {
    node,
    log,
    metrics,
    clock: createClock(opened, world.clock),
    random: () => Math.random(),
    links: {
      all: () => links.all(),
      watch: (call) => (opened.hasEnded ? () => {} : opened.add(links.watch((all) => opened.hasEnded || call(all)))),
      id: (name) => links.id(name),
    },
    program: parts.program ?? absentProgram(plugin),
    frames: createFrames(grants, links, parts.frames, opened, parts.frameGuard),
    net: createNet(grants, opened, parts.secrets, world.tcp),
    udp: createUdp(grants, opened, world.udp),
    liveness: createLiveness(grants, parts.liveness, opened),
    secrets: createSecrets(grants, parts.secrets, opened),
    services: createServices(grants, parts.services, parts.named, opened),
    fetch: createFetch(grants, opened, parts.secrets, world.http),
    routeTables: () => new RouteTables(),
    codec: codecs,
    permissions: createPermissions(grants),
    report,
  };
}

function createPermissions(grants: Grants): Permissions {
  return {
    query: async (permission) => grants.state(permission),
    request: async (permission) => (grants.allows(permission) ? "granted" : "denied"),
    async revoke(permission) {
      grants.revoke(permission);
      return grants.state(permission);
    },
  };
}
