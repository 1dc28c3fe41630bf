/**
 * discovery.k8s.io/v1 EndpointSlice → the endpoints of a Service.
 *
 * A Service has as many slices as its controller likes, and for a moment one endpoint may be in two of them.
 */

import type { V1Endpoint, V1EndpointConditions, V1EndpointSlice } from "@kubernetes/client-node";
import { complain, readBoolean, readList, readStrings } from "../../rules/config.ts";
import type { EndpointFact, ServiceKey } from "../../rules/vocabulary.ts";
import type { Metadata } from "./metadata.ts";
import { type Reader, readFields, readText, type Untrusted } from "./read-fields.ts";

const SERVICE_LABEL = "kubernetes.io/service-name";

/** What one slice says. */
export interface EndpointSlice {
  /** Undefined: the slice belongs to no Service. */
  readonly service?: ServiceKey;
  readonly endpoints: readonly SliceEndpoint[];
}

interface SliceEndpoint extends EndpointFact {
  readonly address: string;
}

/** Reads a slice; where the reader has noted a problem, the result is not to be used. */
export function projectEndpointSlice(reader: Reader, raw: Untrusted<V1EndpointSlice>, metadata: Metadata): EndpointSlice {
  const service = metadata.labels[SERVICE_LABEL];
  return {
    ...(service ? { service: `${metadata.namespace}/${service}` } : {}),
    endpoints: readList(reader, "endpoints", raw.endpoints).map((item, at) => readEndpoint(reader, `endpoints[${at}]`, item)),
  };
}

/** The endpoints of all slices of a Service: each address once, servable where any slice says so, in a fixed order. */
export function mergeEndpoints(slices: Iterable<EndpointSlice>): EndpointFact[] {
  const byAddress = new Map<string, SliceEndpoint>();
  for (const { endpoints } of slices) {
    for (const endpoint of endpoints) {
      if (!byAddress.get(endpoint.address)?.servable) byAddress.set(endpoint.address, endpoint);
    }
  }
  return [...byAddress.values()]
    .map(({ nodeName, servable }) => (nodeName === undefined ? { servable } : { nodeName, servable }))
    .sort((a, b) => compare(a.nodeName ?? "", b.nodeName ?? "") || Number(b.servable) - Number(a.servable));
}

function readEndpoint(reader: Reader, path: string, value: unknown): SliceEndpoint {
  const raw = readFields<V1Endpoint>(reader, path, value);
  const [address = ""] = readStrings(reader, `${path}.addresses`, raw.addresses, false);
  if (address === "") complain(reader, `${path}.addresses`, raw.addresses, "at least one address");
  const conditions = readFields<V1EndpointConditions>(reader, `${path}.conditions`, raw.conditions);
  const ready = readBoolean(reader, `${path}.conditions.ready`, conditions.ready, true);
  const serving = readBoolean(reader, `${path}.conditions.serving`, conditions.serving, false);
  const nodeName = readText(reader, `${path}.nodeName`, raw.nodeName);
  return { address, ...(nodeName === undefined ? {} : { nodeName }), servable: ready || serving };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
