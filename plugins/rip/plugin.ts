/**
 * RIP: makes VIPs routes, for routers that know no BGP.
 *
 * In come announcements, which become routes to a VIP, or to a wider prefix where attributes say so (`routes.ts`). Out go updates by multicast
 * on every link that is fit: RIPv2 for IPv4 (`rip2.ts`), RIPng for IPv6 (`ripng.ts`). Each link has a speaker of each version
 * (`link-speaker.ts`), which remembers what the link was told (`table.ts`), so that it can tell of changes at once, and of what has gone
 * by metric 16. Nothing outlives the process: routers forget the routes of one that dies after their timeout, 180 s as a rule.
 *
 * Requests are answered; routes of others are neither learnt nor remembered.
 *
 * Follows RFC 2453 (RIPv2), RFC 2080 (RIPng) and RFC 4822 (cryptographic authentication). Left out: RIPv1, and requests from other ports than
 * RIP's own (RFC 2453 §3.9.1), whose answers could be aimed at somebody else.
 */

import {
  type Announcement,
  type Announcer,
  DEFAULT_EXCLUDE,
  definePlugin,
  followMulticast,
  type MulticastLink,
  type Permission,
} from "herald";
import { createAuthentication } from "./authentication.ts";
import { ATTRIBUTES_SCHEMA, CONFIG_SCHEMA, GARBAGE_SECONDS, type RipConfig, UPDATE_SECONDS } from "./config.ts";
import { LinkSpeaker } from "./link-speaker.ts";
import { rip2 } from "./rip2.ts";
import { ripng } from "./ripng.ts";
import { INFINITY } from "./route.ts";
import { type LinkedRoute, routeOf, routesOn } from "./routes.ts";

/** What is announced while this node is about to leave: others are better, and a neighbor, which counts one more, still has a way. */
const DRAINING_METRIC = INFINITY - 2;

export default definePlugin<RipConfig>({
  name: "rip",
  api: 1,
  from: "every-node",
  serves: { kind: "rip", families: [4, 6] },
  config: CONFIG_SCHEMA,
  attributes: ATTRIBUTES_SCHEMA,
  example: { interfaces: ["eth0"] },
  permissions: ({ authentication }) => [
    // To be bound to, to tell all routers, and to answer one of them.
    ...[rip2, ripng].map(({ port }): Permission => ({ kind: "udp", host: `*:${port}` })),
    ...(authentication?.type === "hmac-sha-256" ? [{ kind: "secret", name: authentication.secret } as const] : []),
  ],

  async start(context, config): Promise<Announcer> {
    const { interfaces = [], exclude = DEFAULT_EXCLUDE, updateSeconds = UPDATE_SECONDS, garbageSeconds = GARBAGE_SECONDS } = config;
    const authentication = createAuthentication(config.authentication, context);
    const routes = new Map<string, LinkedRoute>();
    const speakers = new Map<MulticastLink, { speaker: LinkSpeaker; tell(): void }>();
    let isDraining = false;
    const tell = (): void => {
      for (const one of speakers.values()) one.tell();
    };

    const closes = [rip2, ripng].map((wire) => {
      const { group, port, hopLimit, family } = wire;
      const routesFor = ({ link }: MulticastLink) => {
        const own = [...routes.values()].filter((route) => route.family === family);
        return routesOn(link, isDraining ? own.map((route) => ({ ...route, metric: DRAINING_METRIC })) : own);
      };
      return followMulticast(
        context,
        { group, port, hopLimit, interfaces, exclude },
        {
          opened(on) {
            const options = { wire, authentication, updateMs: updateSeconds * 1000, garbageMs: garbageSeconds * 1000 };
            const speaker = new LinkSpeaker(context, on, options);
            speakers.set(on, { speaker, tell: () => speaker.want(routesFor(on)) });
            speaker.start(routesFor(on));
          },
          heard: (on, bytes, from) => void speakers.get(on)?.speaker.hear(bytes, from),
          closed(on) {
            speakers.get(on)?.speaker.close();
            speakers.delete(on);
          },
        },
      );
    });

    return {
      async apply({ added, changed, removed }) {
        for (const { vip } of removed) routes.delete(vip);
        const refusals = [...added, ...changed].flatMap((row) => put(routes, row));
        tell();
        return refusals;
      },
      async drain() {
        isDraining = true;
        tell();
      },
      async undrain() {
        isDraining = false;
        tell();
      },
      async stop() {
        await Promise.all(Array.from(speakers.values(), ({ speaker }) => speaker.flush()));
        for (const close of closes) close();
      },
    };
  },
});

function put(routes: Map<string, LinkedRoute>, row: Announcement): { vip: string; reason: string }[] {
  const route = routeOf(row);
  routes.delete(row.vip);
  if (typeof route === "string") return [{ vip: row.vip, reason: route }];
  routes.set(row.vip, route);
  return [];
}
