/**
 * mDNS: makes Services be found by name in a home network, `web.local`, without a DNS server.
 *
 * In come announcements, and the Services that they name; `names.ts` gives each a name. Out go answers on every link that is fit, by IPv4 and
 * IPv6, each with a responder of its own (`responder.ts`), whose names are first claimed and then defended (`claim.ts`). What is said of a
 * name is its VIPs (`records.ts`, `message.ts`). Whoever else on the link has the name already keeps it: then the Service is called otherwise,
 * on all links. Nothing outlives the process; what clients remember is forgotten within two minutes.
 *
 * Follows RFC 6762. Left out: what is shared by several (§6: PTR records), and so service discovery (RFC 6763); reverse lookups; names of more
 * than one label before `.local`; going to sleep and waking (§10.4).
 */

import {
  type Announcement,
  type Announcer,
  DEFAULT_EXCLUDE,
  definePlugin,
  followMulticast,
  type MulticastLink,
  type ServiceInfo,
} from "herald";
import { ATTRIBUTES_SCHEMA, CONFIG_SCHEMA, type MdnsAttributes, type MdnsConfig } from "./config.ts";
import type { DnsRecord } from "./message.ts";
import { HOSTNAME, Names, type Naming } from "./names.ts";
import { addressRecords, compareRecords } from "./records.ts";
import { PORT, Responder, type Wanted } from "./responder.ts";

const GROUPS = ["224.0.0.251", "ff02::fb"];
/** RFC 6762 §11: what has come over a router has less. */
const HOP_LIMIT = 255;

export default definePlugin<MdnsConfig>({
  name: "mdns",
  api: 1,
  from: "owner",
  serves: { kind: "mdns", families: [4, 6] },
  config: CONFIG_SCHEMA,
  attributes: ATTRIBUTES_SCHEMA,
  example: { interfaces: ["eth0"] },
  permissions: ({ legacyUnicast = true }) => [
    { kind: "udp", host: legacyUnicast ? "*:*" : `*:${PORT}` },
    { kind: "service", annotation: HOSTNAME },
  ],

  async start(context, { interfaces = [], exclude = DEFAULT_EXCLUDE, legacyUnicast = true }): Promise<Announcer> {
    const rows = new Map<string, Announcement>();
    const names = new Names();
    const responders = new Map<MulticastLink, Responder>();
    let known: ReadonlyMap<string, ServiceInfo> = new Map();
    let namings: ReadonlyMap<string, Naming> = new Map();

    const tell = (responder: Responder, { link }: MulticastLink, silent?: (record: DnsRecord) => boolean): void => {
      const here = [...rows.values()].filter(({ links }) => links === null || links.includes(link.name));
      responder.want(wantedOf(here, namings, names), silent);
    };
    const update = (moved: ReadonlySet<string> = new Set()): void => {
      const keys = [...new Set([...rows.values()].flatMap(({ services }) => services))].sort();
      const hostname = (key: string): string | undefined => {
        const row = [...rows.values()].find(({ services }) => services.includes(key));
        return (row?.attributes as MdnsAttributes | undefined)?.hostname;
      };
      namings = names.assign(
        keys.map((key) => known.get(key) ?? bareService(key)),
        hostname,
      );
      for (const { vip, services } of rows.values()) context.report(vip, reportOf(services, namings));
      const gone = addressRecords("", moved);
      const silent = (record: DnsRecord): boolean => gone.some((other) => compareRecords(record, other) === 0);
      for (const [on, responder] of responders) tell(responder, on, silent);
    };
    const lose = (name: string): void => {
      const [service] = [...namings].find(([, naming]) => naming.name === name) ?? [];
      if (service === undefined) return;
      names.lose(service);
      context.metrics.count("conflicts_total");
      context.log.warn("Somebody else has this name; taking another", { name, service });
      update();
    };

    context.services.watch([HOSTNAME], (services) => {
      known = new Map(services.map((service) => [service.key, service]));
      update();
    });
    const closes = GROUPS.map((group) =>
      followMulticast(
        context,
        { group, port: PORT, hopLimit: HOP_LIMIT, interfaces, exclude },
        {
          opened(on) {
            const won = (name: string): void => context.log.info("Answering for a name", { name, link: on.link.name, group });
            const responder = new Responder(context, on, { answersLegacy: legacyUnicast, won, lost: lose });
            responders.set(on, responder);
            tell(responder, on);
          },
          heard: (on, bytes, from) => responders.get(on)?.hear(bytes, from),
          closed(on) {
            responders.get(on)?.close();
            responders.delete(on);
          },
        },
      ),
    );

    return {
      async apply({ added, changed, removed, moved }) {
        for (const { vip } of removed) {
          rows.delete(vip);
          context.report(vip, undefined);
        }
        for (const row of [...added, ...changed]) rows.set(row.vip, row);
        update(moved);
        return [];
      },
      async stop() {
        for (const close of closes) close();
      },
    };
  },
});

/** What each name says, of these rows. */
function wantedOf(rows: readonly Announcement[], namings: ReadonlyMap<string, Naming>, names: Names): ReadonlyMap<string, Wanted> {
  const vips = new Map<string, { service: string; vips: string[] }>();
  for (const { vip, services } of rows) {
    for (const service of services) {
      const { name = "" } = namings.get(service) ?? {};
      const found = vips.get(name) ?? { service, vips: [] };
      vips.set(name, { service, vips: [...found.vips, vip] });
    }
  }
  return new Map(
    Array.from(vips, ([name, each]) => [name, { records: addressRecords(name, each.vips), conflicts: names.triesOf(each.service) }]),
  );
}

/** A Service that is not known, or not yet. */
function bareService(key: string): ServiceInfo {
  const [namespace = "", name = ""] = key.split("/");
  return { key, namespace, name, annotations: {}, ports: [] };
}

/** Undefined where every Service is called as it should be. */
function reportOf(services: readonly string[], namings: ReadonlyMap<string, Naming>): string | undefined {
  const said = services.flatMap((service) => {
    const { name, wanted, problem } = namings.get(service) ?? { name: "" };
    return [
      ...(wanted === undefined ? [] : [`${service} is ${name}: another has ${wanted}`]),
      ...(problem === undefined ? [] : [`${service}: ${problem}`]),
    ];
  });
  return said.length === 0 ? undefined : said.join("; ");
}
