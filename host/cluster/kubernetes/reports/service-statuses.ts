/** ServiceL2Status and ServiceBGPStatus, MetalLB's: which node announces a Service, where, and to whom. */

import type { ServiceKey } from "../../../rules/vocabulary.ts";
import { labelValue, type OwnedKind, type OwnedObject, ownName } from "./owned-object.ts";

const API_VERSION = "metallb.io/v1beta1";
export const SERVICE_L2_STATUS: OwnedKind = { apiVersion: API_VERSION, kind: "ServiceL2Status", plural: "servicel2statuses" };
export const SERVICE_BGP_STATUS: OwnedKind = { apiVersion: API_VERSION, kind: "ServiceBGPStatus", plural: "servicebgpstatuses" };

export const NODE_LABEL = "metallb.io/node";
export const SERVICE_NAME_LABEL = "metallb.io/service-name";
export const SERVICE_NAMESPACE_LABEL = "metallb.io/service-namespace";

/** `links`: where, sorted; none: on every link that may be. */
export function l2StatusObject(node: string, service: ServiceKey, links: readonly string[]): OwnedObject {
  return statusObject("l2", node, service, { interfaces: links.map((name) => ({ name })) });
}

/** `peers`: BGPPeers that its routes are for, sorted. */
export function bgpStatusObject(node: string, service: ServiceKey, peers: readonly string[]): OwnedObject {
  return statusObject("bgp", node, service, { peers });
}

/** The name that such an object of ours has. Readers of MetalLB's go by the labels, as its names are random. */
export function statusName(prefix: "l2" | "bgp", node: string, service: ServiceKey): string {
  return ownName(prefix, node, service);
}

function statusObject(prefix: "l2" | "bgp", node: string, service: ServiceKey, more: object): OwnedObject {
  const slash = service.indexOf("/");
  const serviceNamespace = service.slice(0, slash);
  const serviceName = service.slice(slash + 1);
  return {
    name: statusName(prefix, node, service),
    labels: {
      [NODE_LABEL]: labelValue(node),
      [SERVICE_NAME_LABEL]: labelValue(serviceName),
      [SERVICE_NAMESPACE_LABEL]: labelValue(serviceNamespace),
    },
    status: { node, serviceName, serviceNamespace, ...more },
  };
}
