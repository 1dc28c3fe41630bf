/**
 * The objects of a source → facts in the store. Here meet the objects that make up one fact: the slices of a Service,
 * the pools among themselves, a Service and its status. Every source puts its objects in here.
 */

import { separateReservations } from "../rules/separate-blocks.ts";
import type { NodeFact, Pool, Problem, Reservation, ServiceFact, ServiceKey, SpeakerFact } from "../rules/vocabulary.ts";
import type { ClusterObject } from "./objects/project.ts";
import { type EndpointSlice, mergeEndpoints } from "./objects/project-endpoints.ts";
import { keepSeparate } from "./pools-in-force.ts";
import { type ServiceStatus, withStatus } from "./service-status.ts";
import type { FactSink } from "./store.ts";
import type { Translated } from "./translated.ts";

type WithoutValue<T> = T extends unknown ? Omit<T, "value"> : never;
/** Which object it is. */
export type ObjectId = WithoutValue<ClusterObject>;

export class ClusterObjects {
  readonly #sink: FactSink;
  readonly #translated: Translated | undefined;
  readonly #services = new Map<ServiceKey, ServiceFact>();
  readonly #statuses = new Map<ServiceKey, ServiceStatus>();
  readonly #slices = new Map<string, EndpointSlice>();
  readonly #slicesOf = new Map<ServiceKey, Set<EndpointSlice>>();
  readonly #nodes = new Map<string, NodeFact>();
  readonly #speakers = new Map<string, SpeakerFact>();
  readonly #pools = new Map<string, Pool>();
  #poolsInForce: ReadonlyMap<string, Pool> = new Map();
  #poolProblems: readonly Problem[] = [];
  #poolsChanged = false;
  readonly #reservations = new Map<string, Reservation>();
  #reservationProblems: readonly Problem[] = [];
  #reservationsChanged = false;

  /** `translated` takes the objects of plugins; without it, nothing is made of those. */
  constructor(sink: FactSink, translated?: Translated) {
    this.#sink = sink;
    this.#translated = translated;
  }

  /** Problems that no object has by itself: pools that overlap, what plugins find. */
  problems(): readonly Problem[] {
    return [...this.#poolProblems, ...this.#reservationProblems, ...(this.#translated?.problems() ?? [])];
  }

  put(object: ClusterObject): void {
    const { key } = object;
    if (object.kind === "Service") this.#setService(key, object.value);
    else if (object.kind === "EndpointSlice") this.#setSlice(key, object.value);
    else if (object.kind === "Node") this.#setNode(key, object.value);
    else if (object.kind === "Namespace") this.#sink.replace("namespaces", key, object.value);
    else if (object.kind === "IPAddressPool") this.#setPool(key, object.value);
    else if (object.kind === "Reservation") this.#setReservation(key, object.value);
    else if (object.kind === "L2Advertisement") this.#sink.replace("advertisements", `${object.kind} ${key}`, object.value);
    else if (object.kind === "Secret") this.#translated?.setSecret(key, object.value);
    else this.#translated?.setObject(object.of, key, object.value);
  }

  remove(object: ObjectId): void {
    const { kind, key } = object;
    if (kind === "Service") this.#setService(key, undefined);
    else if (kind === "EndpointSlice") this.#setSlice(key, undefined);
    else if (kind === "Node") this.#setNode(key, undefined);
    else if (kind === "Namespace") this.#sink.replace("namespaces", key, undefined);
    else if (kind === "IPAddressPool") this.#setPool(key, undefined);
    else if (kind === "Reservation") this.#setReservation(key, undefined);
    else if (kind === "L2Advertisement") this.#sink.replace("advertisements", `${kind} ${key}`, undefined);
    else if (kind === "Secret") this.#translated?.setSecret(key, undefined);
    else this.#translated?.setObject(object.of, key, undefined);
  }

  /** The status of a Service that is kept beside it, known or not; undefined: what the Service itself says holds. */
  setStatus(key: ServiceKey, status: ServiceStatus | undefined): void {
    assign(this.#statuses, key, status);
    this.#setService(key, this.#services.get(key));
  }

  /** What the speaker of a node says of itself, also before the node is known; undefined: nothing. */
  setSpeaker(node: string, speaker: SpeakerFact | undefined): void {
    assign(this.#speakers, node, speaker);
    this.#setNode(node, this.#nodes.get(node));
  }

  /** Ends a batch of changes: pools can only be judged together, and what plugins make of objects stands on those. */
  commit(): void {
    this.#commitPools();
    if (this.#reservationsChanged) this.#reservationProblems = separateReservations(this.#reservations.values()).problems;
    this.#reservationsChanged = false;
    this.#translated?.commit();
  }

  #commitPools(): void {
    if (!this.#poolsChanged) return;
    this.#poolsChanged = false;
    const { accepted, problems } = keepSeparate(this.#pools, this.#poolsInForce);
    for (const name of this.#poolsInForce.keys()) {
      if (!accepted.has(name)) this.#sink.replace("pools", name, undefined);
    }
    for (const [name, pool] of accepted) this.#sink.replace("pools", name, pool);
    this.#poolsInForce = accepted;
    this.#poolProblems = problems;
  }

  #setService(key: ServiceKey, service: ServiceFact | undefined): void {
    assign(this.#services, key, service);
    this.#sink.replace("services", key, service && withStatus(service, this.#statuses.get(key)));
  }

  #setNode(name: string, node: NodeFact | undefined): void {
    assign(this.#nodes, name, node);
    const speaker = this.#speakers.get(name);
    this.#sink.replace("nodes", name, node === undefined || speaker === undefined ? node : { ...node, speaker });
  }

  #setSlice(key: string, slice: EndpointSlice | undefined): void {
    const before = this.#slices.get(key);
    assign(this.#slices, key, slice);
    if (before?.service !== undefined) this.#slicesOf.get(before.service)?.delete(before);
    if (slice?.service !== undefined) {
      const slices = this.#slicesOf.get(slice.service) ?? new Set();
      this.#slicesOf.set(slice.service, slices.add(slice));
    }
    for (const service of new Set([before?.service, slice?.service])) {
      if (service !== undefined) this.#mergeSlices(service);
    }
  }

  #mergeSlices(service: ServiceKey): void {
    const slices = this.#slicesOf.get(service);
    if (slices?.size === 0) this.#slicesOf.delete(service);
    this.#sink.replace("endpoints", service, slices?.size ? mergeEndpoints(slices) : undefined);
  }

  /** Which of those that overlap counts is the same for all who ask, so all are facts. */
  #setReservation(name: string, reservation: Reservation | undefined): void {
    assign(this.#reservations, name, reservation);
    this.#sink.replace("reservations", name, reservation);
    this.#reservationsChanged = true;
  }

  #setPool(name: string, pool: Pool | undefined): void {
    assign(this.#pools, name, pool);
    this.#poolsChanged = true;
  }
}

function assign<V>(map: Map<string, V>, key: string, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
