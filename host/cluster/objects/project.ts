/**
 * Kubernetes JSON → facts, for any source. The only way in, and nothing behind it sees an unchecked value.
 *
 * One document may hold one object, a v1 List of them, or something that is none of ours. An object with a wrong value
 * gives its problems and no fact; it never spoils its neighbors.
 */

import { API_GROUP } from "../../rules/api-group.ts";
import { complain, ownText, type Parsed } from "../../rules/config.ts";
import { readL2Advertisement } from "../../rules/l2-advertisement.ts";
import { readPool } from "../../rules/pool.ts";
import { readReservation } from "../../rules/reservation.ts";
import type { Advertisement, NamespaceFact, NodeFact, Pool, Problem, Reservation, ServiceFact } from "../../rules/vocabulary.ts";
import { type Metadata, readMetadata } from "./metadata.ts";
import { type EndpointSlice, projectEndpointSlice } from "./project-endpoints.ts";
import { projectNamespace, projectNode } from "./project-node.ts";
import { projectSecret, type SecretContent } from "./project-secret.ts";
import { projectService } from "./project-service.ts";
import { type Reader, readFields, type Untrusted } from "./read-fields.ts";

/** What an object says, by kind; `key` is its name, with its namespace where it has one. */
export type ClusterObject =
  | { readonly kind: "Service"; readonly key: string; readonly value: ServiceFact }
  | { readonly kind: "EndpointSlice"; readonly key: string; readonly value: EndpointSlice }
  | { readonly kind: "Node"; readonly key: string; readonly value: NodeFact }
  | { readonly kind: "Namespace"; readonly key: string; readonly value: NamespaceFact }
  | { readonly kind: "IPAddressPool"; readonly key: string; readonly value: Pool }
  | { readonly kind: "Reservation"; readonly key: string; readonly value: Reservation }
  | { readonly kind: "L2Advertisement"; readonly key: string; readonly value: Advertisement }
  | { readonly kind: "Secret"; readonly key: string; readonly value: SecretContent }
  /** Of a kind that a plugin reads. */
  | { readonly kind: "translated"; readonly of: string; readonly key: string; readonly value: unknown };

/** Reads objects of further kinds, by what they say that they are: `metallb.io/v1beta2/BGPPeer`. */
export type KindReaders = Readonly<Record<string, (object: unknown) => Parsed<unknown>>>;

export interface FoundObject {
  /** `Service default/web`: who it is, and how problems name it. Undefined where it does not say. */
  readonly id: string | undefined;
  /** Where in the document: `items[3].` in a List, else empty. */
  readonly at: string;
  /** Undefined where there are problems. */
  readonly object: ClusterObject | undefined;
  readonly problems: readonly Problem[];
}

export interface Projection {
  readonly found: readonly FoundObject[];
  /** Kinds that nothing here reads, once for each such object. */
  readonly ignored: readonly string[];
}

/** Nearly every object has none; one list is enough for all of those. */
const NO_PROBLEMS: readonly Problem[] = Object.freeze([]);
/** Of a List; hostile text could hold millions. */
const MAX_ITEMS = 100_000;

type Project = (reader: Reader, raw: Untrusted<object>, metadata: Metadata) => ClusterObject | undefined;

interface Kind {
  readonly namespaced: boolean;
  readonly project: Project;
}

const KINDS: Readonly<Record<string, Kind>> = {
  "v1/Service": {
    namespaced: true,
    project: (reader, raw, metadata) => ({ kind: "Service", key: keyOf(metadata), value: projectService(reader, raw, metadata) }),
  },
  "discovery.k8s.io/v1/EndpointSlice": {
    namespaced: true,
    project: (reader, raw, metadata) => ({
      kind: "EndpointSlice",
      key: keyOf(metadata),
      value: projectEndpointSlice(reader, raw, metadata),
    }),
  },
  "v1/Node": {
    namespaced: false,
    project: (reader, raw, metadata) => ({ kind: "Node", key: metadata.name, value: projectNode(reader, raw, metadata) }),
  },
  "v1/Namespace": {
    namespaced: false,
    project: (_reader, _raw, metadata) => ({ kind: "Namespace", key: metadata.name, value: projectNamespace(metadata) }),
  },
  "v1/Secret": {
    namespaced: true,
    project: (reader, raw, metadata) => ({ kind: "Secret", key: keyOf(metadata), value: projectSecret(reader, raw, metadata) }),
  },
  // MetalLB reads these, and those of plugins, from one namespace only, so to rules their name is enough.
  "metallb.io/v1beta1/IPAddressPool": {
    namespaced: false,
    project: (reader, raw, { name }) => {
      const { problems, ...read } = readPool(raw);
      reader.problems.push(...problems);
      return read.ok ? { kind: "IPAddressPool", key: name, value: read.value } : undefined;
    },
  },
  "metallb.io/v1beta1/L2Advertisement": {
    namespaced: false,
    project: (reader, raw, { name }) => {
      const { problems, ...read } = readL2Advertisement(raw);
      reader.problems.push(...problems);
      return read.ok ? { kind: "L2Advertisement", key: name, value: read.value } : undefined;
    },
  },
  [`${API_GROUP}/v1alpha1/Reservation`]: {
    namespaced: false,
    project: (reader, raw, { name }) => {
      const { problems, ...read } = readReservation(raw);
      reader.problems.push(...problems);
      return read.ok ? { kind: "Reservation", key: name, value: read.value } : undefined;
    },
  },
};

/** Everything in the value of one document. Never throws. */
export function project(value: unknown, readers: KindReaders = {}): Projection {
  const found: FoundObject[] = [];
  const ignored: string[] = [];
  visit(value, "", { found, ignored, readers });
  // Nearly always one object, in a list that has grown room for 17.
  return { found: found.slice(), ignored };
}

interface Visit {
  readonly found: FoundObject[];
  readonly ignored: string[];
  readonly readers: KindReaders;
}

function visit(value: unknown, at: string, all: Visit): void {
  const { found, ignored, readers } = all;
  const reader: Reader = { object: "object", problems: [] };
  const { apiVersion, kind, items } = readFields<{ apiVersion: string; kind: string; items: unknown[] }>(reader, "", value);
  const isMapping = reader.problems.length === 0;
  if (isMapping && typeof apiVersion !== "string") complain(reader, "apiVersion", apiVersion, "a string such as v1");
  if (isMapping && typeof kind !== "string") complain(reader, "kind", kind, "a string such as Service");
  const type = typeof apiVersion === "string" && typeof kind === "string" ? `${apiVersion}/${kind}` : "";
  const known = kindOf(type, readers);
  const isList = type === "v1/List" && Array.isArray(items) && items.length <= MAX_ITEMS;
  if (type === "v1/List" && !isList) complain(reader, "items", items, `a list of at most ${MAX_ITEMS}`);
  if (reader.problems.length > 0) found.push({ id: undefined, at, object: undefined, problems: reader.problems });
  else if (isList) for (const [index, item] of items.entries()) visit(item, `${at}items[${index}].`, all);
  else if (known !== undefined) found.push(projectOne(value as Untrusted<object>, known, kind as string, at));
  else ignored.push(kind as string);
}

function projectOne(raw: Untrusted<object>, { namespaced, project: projectKind }: Kind, kind: string, at: string): FoundObject {
  const reader = { object: kind, problems: [] as Problem[] };
  const metadata = readMetadata(reader, (raw as Untrusted<{ metadata: unknown }>).metadata);
  const named = metadata.name !== "" && (metadata.namespace !== "" || !namespaced);
  if (named) reader.object = `${kind} ${namespaced ? keyOf(metadata) : metadata.name}`;
  const problems = reader.problems.map((problem) => ({ ...problem, object: reader.object }));
  const rest: Reader = { object: reader.object, problems };
  const object = projectKind(rest, raw, metadata);
  const id = named ? ownText(reader.object) : undefined;
  return problems.length === 0 ? { id, at, object, problems: NO_PROBLEMS } : { id, at, object: undefined, problems };
}

function kindOf(type: string, readers: KindReaders): Kind | undefined {
  if (Object.hasOwn(KINDS, type)) return KINDS[type];
  const read = Object.hasOwn(readers, type) ? readers[type] : undefined;
  if (read === undefined) return undefined;
  const of = type.slice(type.lastIndexOf("/") + 1);
  const projectRead: Project = (reader, raw, { name }) => {
    const { problems, ...parsed } = read(raw);
    reader.problems.push(...problems);
    return parsed.ok ? { kind: "translated", of, key: name, value: parsed.value } : undefined;
  };
  return { namespaced: false, project: projectRead };
}

function keyOf({ namespace, name }: Metadata): string {
  return ownText(`${namespace}/${name}`);
}
