/** What speakers and the controller have reported of one Service. */

import type { ServiceKey } from "../../rules/vocabulary.ts";
import type { Api } from "../api/api.ts";
import type { RawObject } from "../api/known-objects.ts";
import { collectionPath } from "../api/resource-path.ts";
import type { OwnedKind } from "../kubernetes/reports/owned-object.ts";
import { labelValue } from "../kubernetes/reports/owned-object.ts";
import {
  SERVICE_BGP_STATUS,
  SERVICE_L2_STATUS,
  SERVICE_NAME_LABEL,
  SERVICE_NAMESPACE_LABEL,
} from "../kubernetes/reports/service-statuses.ts";
import { listOf, rawOf, textOf } from "../migrate/objects.ts";
import type { ClusterAccount, ClusterEvent } from "./account.ts";
import { agoMs } from "./ago.ts";
import { listAll } from "./list-all.ts";

/** Without speakers. What may not be read is not there. Throws where the API server gives no answer. */
export async function readAccount(api: Api, service: ServiceKey): Promise<Omit<ClusterAccount, "speakers" | "refused">> {
  const [namespace = "", name = ""] = service.split("/");
  const l2 = await statusesOf(api, SERVICE_L2_STATUS, namespace, name);
  const bgp = await statusesOf(api, SERVICE_BGP_STATUS, namespace, name);
  const query = { fieldSelector: `involvedObject.kind=Service,involvedObject.name=${name}` };
  const events = (await listAll(api, { path: collectionPath("v1", "events", namespace), query })) ?? [];
  return {
    l2: l2.map((object) => ({ ...nodeAndAge(object), interfaces: namesOf(rawOf(object["status"])["interfaces"]) })),
    bgp: bgp.map((object) => ({ ...nodeAndAge(object), peers: listOf(rawOf(object["status"])["peers"]).map(textOf) })),
    events: events.map(eventOf).sort((a, b) => (a.agoMs ?? Number.POSITIVE_INFINITY) - (b.agoMs ?? Number.POSITIVE_INFINITY)),
  };
}

/** Those that say which node it is; one that is just being written does not yet. */
async function statusesOf(api: Api, { apiVersion, plural }: OwnedKind, namespace: string, name: string): Promise<readonly RawObject[]> {
  const labelSelector = `${SERVICE_NAME_LABEL}=${labelValue(name)},${SERVICE_NAMESPACE_LABEL}=${labelValue(namespace)}`;
  const found = (await listAll(api, { path: collectionPath(apiVersion, plural), query: { labelSelector } })) ?? [];
  const statusOf = (object: RawObject) => rawOf(object["status"]);
  return found
    .filter((object) => textOf(statusOf(object)["serviceName"]) === name && textOf(statusOf(object)["serviceNamespace"]) === namespace)
    .sort((a, b) => (textOf(statusOf(a)["node"]) < textOf(statusOf(b)["node"]) ? -1 : 1));
}

function nodeAndAge({ metadata, ...object }: RawObject): { node: string; agoMs?: number } {
  const age = agoMs(metadata["creationTimestamp"]);
  return { node: textOf(rawOf(object["status"])["node"]), ...(age === undefined ? {} : { agoMs: age }) };
}

function namesOf(list: unknown): string[] {
  return listOf(list).map((item) => textOf(rawOf(item)["name"]));
}

function eventOf(object: RawObject): ClusterEvent {
  const { component, host } = rawOf(object["source"]);
  const count = object["count"];
  const age = agoMs(object["lastTimestamp"]) ?? agoMs(object["eventTime"]) ?? agoMs(object.metadata["creationTimestamp"]);
  return {
    ...{ type: textOf(object["type"]), reason: textOf(object["reason"]), message: textOf(object["message"]) },
    count: typeof count === "number" ? count : 1,
    from: [textOf(component) || textOf(object["reportingComponent"]), textOf(host)].filter((part) => part !== "").join(" "),
    ...(age === undefined ? {} : { agoMs: age }),
  };
}
