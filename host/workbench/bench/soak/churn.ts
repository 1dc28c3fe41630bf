/**
 * The changes of `herald bench soak`: files of a directory that come, change and go, one Service a file.
 *
 * Services take turns, so that each has seconds between two changes of its own and every change can be told from the next one at the router.
 * Each address is used once before any comes again. Every so often the advertisement changes, and with it each route.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { vipAddress } from "../answers/arp-frames.ts";
import { bgpObjects } from "../footprint/segment.ts";
import { ways } from "../manifests/files.ts";

export type Kind = "added" | "moved" | "edited" | "removed" | "told anew";

export interface Change {
  readonly kind: Kind;
  /** Addresses, of both families, that appear and that vanish by it. */
  readonly up: readonly string[];
  readonly down: readonly string[];
}

/** Of the pool, in each family. */
const VIPS = 0x10000;
/** One change in so many is one of the advertisement. */
const ADVERTISEMENT_EVERY = 500;
const SECONDS_BETWEEN = 4;
const FEWEST_SERVICES = 20;
/** Of a Service that is there. */
const kinds = ["moved", "edited", "removed"] as const;

export class Churn {
  readonly #directory: string;
  readonly #random: () => number;
  /** The VIP of each Service; undefined: there is no such Service now. */
  readonly #services: (number | undefined)[];
  #count = 0;
  #nextVip = 0;

  /** Writes the pool and the advertisements. `random` gives numbers from 0 to below 1. */
  constructor(directory: string, changesPerSecond: number, random: () => number) {
    this.#directory = directory;
    this.#random = random;
    this.#services = Array.from({ length: Math.max(FEWEST_SERVICES, Math.ceil(changesPerSecond * SECONDS_BETWEEN)) });
    const pool = { addresses: [`${vipAddress(0)}/16`, "2001:db8:64::/112"] };
    const layer2 = { apiVersion: "metallb.io/v1beta1", kind: "L2Advertisement", metadata: { name: "bench" } };
    const ofPool = { apiVersion: "metallb.io/v1beta1", kind: "IPAddressPool", metadata: { name: "bench" }, spec: pool };
    this.#write("in place", "pool.yaml", [ofPool, layer2, bgpObjects[0]]);
    this.#advertise();
  }

  /** Addresses that the Services have now, of both families. */
  get vips(): string[] {
    return this.#services.flatMap((vip) => (vip === undefined ? [] : addressesOf(vip)));
  }

  /** Makes the next change, and says what is to come of it. */
  change(): Change {
    this.#count++;
    if (this.#count % ADVERTISEMENT_EVERY === 0) {
      this.#advertise();
      return { kind: "told anew", up: [], down: [] };
    }
    const at = this.#count % this.#services.length;
    const vip = this.#services[at];
    if (vip === undefined) return { kind: "added", up: this.#put(at, this.#takeVip()), down: [] };
    const kind = kinds[Math.floor(this.#random() * kinds.length)] ?? "edited";
    if (kind === "moved") return { kind, up: this.#put(at, this.#takeVip()), down: addressesOf(vip) };
    if (kind === "edited") {
      this.#put(at, vip);
      return { kind, up: [], down: [] };
    }
    rmSync(join(this.#directory, fileOf(at)));
    this.#services[at] = undefined;
    return { kind, up: [], down: addressesOf(vip) };
  }

  #takeVip(): number {
    this.#nextVip = (this.#nextVip + 1) % VIPS;
    return this.#nextVip;
  }

  #put(at: number, vip: number): string[] {
    const addresses = addressesOf(vip);
    const service = {
      ...{ apiVersion: "v1", kind: "Service" },
      metadata: {
        name: `service-${at}`,
        labels: { change: `${this.#count}` },
        annotations: { "metallb.io/loadBalancerIPs": addresses.join(",") },
      },
      spec: {
        ...{ type: "LoadBalancer", ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv4", "IPv6"] },
        ports: [{ name: "web", port: 1 + (this.#count % 60_000) }],
      },
    };
    this.#write(this.#count % 2 === 0 ? "in place" : "by rename", fileOf(at), [service]);
    this.#services[at] = vip;
    return addresses;
  }

  #advertise(): void {
    const communities = [`64500:${this.#count % 60_000}`];
    this.#write("by rename", "advertisement.yaml", [{ ...bgpObjects[1], spec: { communities } }]);
  }

  #write(way: keyof typeof ways, name: string, objects: readonly unknown[]): void {
    const file = join(this.#directory, name);
    const text = objects.map((object) => `${JSON.stringify(object)}\n`).join("---\n");
    if (way === "in place") writeFileSync(file, text);
    else ways[way](file, text, () => {});
  }
}

function fileOf(service: number): string {
  return `service-${service}.yaml`;
}

function addressesOf(vip: number): string[] {
  return [vipAddress(vip), `2001:db8:64::${vip.toString(16)}`];
}
