/**
 * What a speaker reports of the Services that it announces: ServiceL2Status, ServiceBGPStatus, and Events.
 *
 *   rows of the announcers → what is announced (`announced.ts`) → objects that should be there, Events of what is new
 *
 * Everything is read anew when rows have come further, or links or standings have changed, in a twentieth of the time at most. A Service
 * that is just being told, or asked for, keeps what is reported of it.
 */

import { isDeepStrictEqual } from "node:util";
import type { Close, Log } from "../../../announcer.ts";
import type { Standings } from "../../../liveness/standing.ts";
import type { ServiceKey } from "../../../rules/vocabulary.ts";
import type { Api } from "../../api/api.ts";
import type { EventSink } from "../events/events.ts";
import type { ObjectReference } from "../object-reference.ts";
import { type Announced, type AnnouncedServices, type ReportedAnnouncer, readAnnounced } from "./announced.ts";
import { labelValue, type OwnedKind, type OwnedObject, type OwnerReference } from "./owned-object.ts";
import { OwnedObjects } from "./owned-objects.ts";
import { bgpStatusObject, l2StatusObject, NODE_LABEL, SERVICE_BGP_STATUS, SERVICE_L2_STATUS, statusName } from "./service-statuses.ts";
import { StaleCopies } from "./stale-copies.ts";

/** An announcer whose rows can be followed. */
export interface FollowedAnnouncer extends ReportedAnnouncer {
  onRows(call: () => void): Close;
}

export interface SpeakerReportsOptions {
  readonly api: Api;
  readonly namespace: string;
  readonly node: string;
  /** As they are now. */
  readonly announcers: () => readonly FollowedAnnouncer[];
  /** Calls after each change of that. Default: there is none. */
  readonly onAnnouncers?: (call: () => void) => Close;
  /** The links of this node. */
  readonly links: { all(): readonly { readonly name: string }[]; watch(call: () => void): Close };
  /** Undefined: whatever an announcer is told is announced. */
  readonly standings?: Standings | undefined;
  readonly events: EventSink;
  /** Undefined: there is no such Service. */
  readonly reference: (service: ServiceKey) => ObjectReference | undefined;
  readonly owner?: () => Promise<OwnerReference | undefined>;
  readonly log: Log;
}

const MANAGER = "herald-speaker";
const SOON_MS = 50;
/** Reading all rows takes this part of the time at most, unless the machine is so slow that reports would be too late. */
const SHARE = 20;
const LATEST_MS = 5000;
const NONE: AnnouncedServices = new Map();

/** What is said of each Service, and the object that says so. */
type MadeObjects = ReadonlyMap<ServiceKey, { readonly of: Announced; readonly object: OwnedObject | undefined }>;

export class SpeakerReports {
  readonly #options: SpeakerReportsOptions;
  readonly #l2: OwnedObjects;
  readonly #bgp: OwnedObjects;
  readonly #copies: StaleCopies;
  #closers: Close[] = [];
  #rowClosers: Close[] = [];
  #timer: NodeJS.Timeout | undefined;
  #tookMs = 0;
  #announced: ReadonlyMap<string, AnnouncedServices> = new Map();
  #l2Made: MadeObjects = new Map();
  #bgpMade: MadeObjects = new Map();
  /** `protocol service` that somebody has been told of, and what they were told that is wrong. */
  readonly #assigned = new Set<string>();
  readonly #failures = new Map<string, string>();

  constructor(options: SpeakerReportsOptions) {
    this.#options = options;
    this.#l2 = this.#objects(SERVICE_L2_STATUS);
    this.#bgp = this.#objects(SERVICE_BGP_STATUS);
    const isOurs = (service: ServiceKey): boolean => this.#announced.get("layer2")?.get(service)?.isAnnounced === true;
    this.#copies = new StaleCopies({ ...options, isOurs });
  }

  /** Before the announcers start: nothing is reported until one has taken over what the first plan has for it. */
  start(): void {
    this.#l2.start();
    this.#bgp.start();
    const wake = () => this.#wake();
    this.#followRows();
    this.#closers = [
      this.#options.onAnnouncers?.(() => {
        this.#followRows();
        this.#wake();
      }) ?? (() => {}),
      this.#options.standings?.onChange(wake) ?? (() => {}),
    ];
    // It calls at once; but as long as there are no rows there is nothing to read.
    let isFirst = true;
    this.#closers.push(this.#options.links.watch(() => (isFirst ? undefined : this.#wake())));
    isFirst = false;
  }

  /** Leaves everything as it is: a successor takes it over, or it goes with the Pod. */
  close(): void {
    for (const close of [...this.#closers.splice(0), ...this.#rowClosers.splice(0)]) close();
    clearTimeout(this.#timer);
    this.#l2.close();
    this.#bgp.close();
    this.#copies.close();
  }

  #followRows(): void {
    for (const close of this.#rowClosers.splice(0)) close();
    this.#rowClosers = this.#options.announcers().map((announcer) => announcer.onRows(() => this.#wake()));
  }

  #objects(kind: OwnedKind): OwnedObjects {
    const { node } = this.#options;
    return new OwnedObjects({ ...this.#options, kind, labels: { [NODE_LABEL]: labelValue(node) }, manager: MANAGER });
  }

  #wake(): void {
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        const since = performance.now();
        this.#report();
        this.#tookMs = performance.now() - since;
      },
      Math.min(LATEST_MS, Math.max(SOON_MS, this.#tookMs * SHARE)),
    );
  }

  #report(): void {
    const { announcers, links, node, standings } = this.#options;
    const names = new Set(links.all().map(({ name }) => name));
    const before = this.#announced.get("layer2") ?? NONE;
    this.#announced = readAnnounced(announcers(), { hasLink: (name) => names.has(name), standings });
    const l2 = this.#announced.get("layer2") ?? NONE;
    const bgp = this.#announced.get("bgp") ?? NONE;
    const l2Of = (service: ServiceKey, { isAnnounced, links }: Announced) =>
      isAnnounced ? l2StatusObject(node, service, links) : undefined;
    const bgpOf = (service: ServiceKey, { audience }: Announced) =>
      audience.length > 0 ? bgpStatusObject(node, service, audience) : undefined;
    this.#l2Made = make(l2, this.#l2Made, l2Of);
    this.#bgpMade = make(bgp, this.#bgpMade, bgpOf);
    this.#l2.want(
      objectsOf(this.#l2Made),
      undecidedOf(l2, (service) => statusName("l2", node, service)),
    );
    this.#bgp.want(
      objectsOf(this.#bgpMade),
      undecidedOf(bgp, (service) => statusName("bgp", node, service)),
    );
    const isNew = ([service, one]: [ServiceKey, Announced]) => one.isAnnounced && before.get(service)?.isAnnounced !== true;
    this.#copies.won([...l2].filter(isNew).map(([service]) => service));
    this.#tell();
  }

  #tell(): void {
    const all = new Set<string>();
    for (const [protocol, services] of this.#announced) {
      for (const [service, one] of services) {
        const id = `${protocol} ${service}`;
        all.add(id);
        this.#tellOne(id, protocol, service, one);
      }
    }
    for (const id of this.#assigned) if (!all.has(id)) this.#assigned.delete(id);
    for (const id of this.#failures.keys()) if (!all.has(id)) this.#failures.delete(id);
  }

  #tellOne(id: string, protocol: string, service: ServiceKey, { isAnnounced, isUndecided, failures }: Announced): void {
    const { node } = this.#options;
    // Services at one VIP say the same, byte for byte, and MetalLB's readers find the node in double quotes.
    if (isAnnounced && !this.#assigned.has(id))
      this.#record(service, "Normal", "nodeAssigned", `announcing from node "${node}" with protocol "${protocol}"`);
    if (isAnnounced) this.#assigned.add(id);
    else if (!isUndecided) this.#assigned.delete(id);
    const failure = failures.join("; ");
    if (failure !== "" && this.#failures.get(id) !== failure)
      this.#record(service, "Warning", "announceFailed", `Cannot announce with protocol "${protocol}": ${failure}`);
    if (failure === "") this.#failures.delete(id);
    else this.#failures.set(id, failure);
  }

  #record(service: ServiceKey, type: "Normal" | "Warning", reason: string, message: string): void {
    const object = this.#options.reference(service);
    if (object !== undefined) this.#options.events.record({ object, type, reason, message });
  }
}

/** Made again only where it says something else: there may be thousands, and nearly all are as they were. */
function make(
  services: AnnouncedServices,
  before: MadeObjects,
  objectOf: (service: ServiceKey, one: Announced) => OwnedObject | undefined,
): MadeObjects {
  return new Map(
    Array.from(services, ([service, one]) => {
      const known = before.get(service);
      const isSame = known !== undefined && isDeepStrictEqual(known.of, one);
      return [service, isSame ? known : { of: one, object: objectOf(service, one) }];
    }),
  );
}

function objectsOf(made: MadeObjects): OwnedObject[] {
  return Array.from(made.values(), ({ object }) => object).filter((object) => object !== undefined);
}

function undecidedOf(services: AnnouncedServices, nameOf: (service: ServiceKey) => string): (name: string) => boolean {
  const names = new Set([...services].filter(([, { isUndecided }]) => isUndecided).map(([service]) => nameOf(service)));
  return (name) => names.has(name);
}
