/**
 * What an API server and its controllers would add, made up for a box without Kubernetes, so that a directory with
 * one Service and one pool is enough:
 *
 * - the Node that this box is, where no manifest describes any;
 * - the Namespaces in use, where no manifest describes any;
 * - for a Service without selector and without EndpointSlice, one endpoint on every node: nobody watches what is
 *   behind it, so it counts as there.
 *
 * Stands in front of the store. What a manifest says always wins over what is made up.
 */

import type { EndpointFact, ServiceKey } from "../../rules/vocabulary.ts";
import { projectNamespace } from "../objects/project-node.ts";
import type { FactKind, FactSink, Facts } from "../store.ts";

export class Standalone implements FactSink {
  readonly #next: FactSink;
  readonly #node: string | undefined;
  readonly #nodes = new Set<string>();
  readonly #namespaces = new Set<string>();
  /** Services without selector, and Services with a slice. */
  readonly #selectorless = new Set<ServiceKey>();
  readonly #withSlice = new Set<ServiceKey>();
  /** Namespace → its Services. */
  readonly #used = new Map<string, Set<ServiceKey>>();
  #everyNode: readonly EndpointFact[] = [];

  /** `node`: this box's name, where it has one. */
  constructor(next: FactSink, node?: string) {
    this.#next = next;
    this.#node = node;
    this.#nodesChanged();
  }

  replace<K extends FactKind>(kind: K, key: string, fact: Facts[K] | undefined): void {
    this.#next.replace(kind, key, fact);
    const there = fact !== undefined;
    if (kind === "nodes" && note(this.#nodes, key, there)) this.#nodesChanged();
    else if (kind === "namespaces" && note(this.#namespaces, key, there)) this.#namespacesChanged();
    else if (kind === "endpoints" && note(this.#withSlice, key, there)) this.#fillEndpoints(key);
    else if (kind === "services") this.#service(key, fact as Facts["services"] | undefined);
  }

  #service(key: ServiceKey, fact: Facts["services"] | undefined): void {
    if (note(this.#selectorless, key, fact !== undefined && fact.selector === undefined)) this.#fillEndpoints(key);
    const namespace = key.slice(0, key.indexOf("/"));
    const services = this.#used.get(namespace) ?? new Set();
    this.#used.set(namespace, services);
    note(services, key, fact !== undefined);
    if (services.size <= 1) this.#fillNamespace(namespace);
  }

  /** The Nodes that there are, where this box is none of them: it announces nothing then, since the others do not rank it. */
  strangers(): readonly string[] | undefined {
    const isStranger = this.#node !== undefined && this.#nodes.size > 0 && !this.#nodes.has(this.#node);
    return isStranger ? [...this.#nodes].sort() : undefined;
  }

  #nodesChanged(): void {
    const names = new Set(this.#nodes);
    if (this.#node !== undefined && !names.has(this.#node)) {
      const labels = { "kubernetes.io/hostname": this.#node };
      const madeUp = { name: this.#node, labels, networkUnavailable: false, addresses: [] };
      this.#next.replace("nodes", this.#node, names.size === 0 ? madeUp : undefined);
      if (names.size === 0) names.add(this.#node);
    }
    this.#everyNode = [...names].sort().map((nodeName) => ({ nodeName, servable: true }));
    if (names.size === 0) this.#everyNode = [{ servable: true }];
    for (const key of this.#selectorless) this.#fillEndpoints(key);
  }

  #fillEndpoints(key: ServiceKey): void {
    if (this.#withSlice.has(key)) return;
    this.#next.replace("endpoints", key, this.#selectorless.has(key) ? this.#everyNode : undefined);
  }

  #namespacesChanged(): void {
    for (const name of this.#used.keys()) this.#fillNamespace(name);
  }

  #fillNamespace(name: string): void {
    if (this.#namespaces.has(name)) return;
    const wanted = this.#namespaces.size === 0 && (this.#used.get(name)?.size ?? 0) > 0;
    this.#next.replace("namespaces", name, wanted ? projectNamespace({ name, labels: {} }) : undefined);
  }
}

/** Adds or deletes; true where that changed the set. */
function note(set: Set<string>, key: string, there: boolean): boolean {
  if (set.has(key) === there) return false;
  if (there) set.add(key);
  else set.delete(key);
  return true;
}
