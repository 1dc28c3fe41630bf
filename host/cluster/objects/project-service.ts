/** v1 Service → fact. Defaults are those that the API server fills in. */

import type {
  V1LoadBalancerIngress,
  V1LoadBalancerStatus,
  V1Service,
  V1ServicePort,
  V1ServiceSpec,
  V1ServiceStatus,
} from "@kubernetes/client-node";
import { complain, readInteger, readLabels, readList, readStrings } from "../../rules/config.ts";
import type { Family, ServiceFact, ServicePort } from "../../rules/vocabulary.ts";
import type { Metadata } from "./metadata.ts";
import { type Reader, readChoice, readFields, readText, type Untrusted } from "./read-fields.ts";

/** Reads a Service; where the reader has noted a problem, the fact is not to be used. */
export function projectService(reader: Reader, raw: Untrusted<V1Service>, metadata: Metadata): ServiceFact {
  const spec = readFields<V1ServiceSpec>(reader, "spec", raw.spec);
  const loadBalancerClass = readText(reader, "spec.loadBalancerClass", spec.loadBalancerClass);
  const loadBalancerIP = readText(reader, "spec.loadBalancerIP", spec.loadBalancerIP);
  const selector = readLabels(reader, "spec.selector", spec.selector);
  return {
    key: `${metadata.namespace}/${metadata.name}`,
    ...metadata,
    type: readChoice(reader, "spec.type", spec.type, ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]),
    ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }),
    ...(loadBalancerIP === undefined ? {} : { loadBalancerIP }),
    clusterIPs: readClusterIPs(reader, spec),
    ipFamilies: readFamilies(reader, spec),
    ipFamilyPolicy: readChoice(reader, "spec.ipFamilyPolicy", spec.ipFamilyPolicy, ["SingleStack", "PreferDualStack", "RequireDualStack"]),
    externalTrafficPolicy: readChoice(reader, "spec.externalTrafficPolicy", spec.externalTrafficPolicy, ["Cluster", "Local"]),
    ...(Object.keys(selector).length === 0 ? {} : { selector }),
    ports: readList(reader, "spec.ports", spec.ports).map((port, at) => readPort(reader, `spec.ports[${at}]`, port)),
    ingress: readIngress(reader, raw.status),
  };
}

function readClusterIPs(reader: Reader, spec: Untrusted<V1ServiceSpec>): string[] {
  const many = readStrings(reader, "spec.clusterIPs", spec.clusterIPs, true);
  const one = readText(reader, "spec.clusterIP", spec.clusterIP);
  return (many.length > 0 || one === undefined ? many : [one]).filter((address) => address !== "" && address !== "None");
}

function readFamilies(reader: Reader, spec: Untrusted<V1ServiceSpec>): Family[] {
  return readStrings(reader, "spec.ipFamilies", spec.ipFamilies, true).map((name, at) => {
    if (name !== "IPv4" && name !== "IPv6") complain(reader, `spec.ipFamilies[${at}]`, name, "IPv4 or IPv6");
    return name === "IPv6" ? 6 : 4;
  });
}

function readPort(reader: Reader, path: string, value: unknown): ServicePort {
  const raw = readFields<V1ServicePort>(reader, path, value);
  return {
    protocol: readChoice(reader, `${path}.protocol`, raw.protocol, ["TCP", "UDP", "SCTP"]),
    port: readInteger(reader, `${path}.port`, raw.port, { minimum: 1, maximum: 65_535 }),
  };
}

/** An entry with only a hostname is some other controller's. */
function readIngress(reader: Reader, value: unknown): string[] {
  const status = readFields<V1ServiceStatus>(reader, "status", value);
  const { ingress } = readFields<V1LoadBalancerStatus>(reader, "status.loadBalancer", status.loadBalancer);
  return readList(reader, "status.loadBalancer.ingress", ingress).flatMap((item, at) => {
    const path = `status.loadBalancer.ingress[${at}]`;
    return readText(reader, `${path}.ip`, readFields<V1LoadBalancerIngress>(reader, path, item).ip) ?? [];
  });
}
