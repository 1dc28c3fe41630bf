/** Tells what is wrong with an object by an Event on it, once. */

import type { Close } from "../../../announcer.ts";
import { API_GROUP } from "../../../rules/api-group.ts";
import type { Problem } from "../../../rules/vocabulary.ts";
import type { ObjectReference } from "../object-reference.ts";
import type { EventSink } from "./events.ts";

export interface ProblemEventsOptions {
  readonly source: { problems(): readonly Problem[]; onProblems(call: () => void): Close };
  readonly events: EventSink;
  /** Where the configuration is. */
  readonly namespace: string;
  /** Which problems to tell; default: all. */
  readonly tells?: (problem: Problem) => boolean;
  /** Others see the same problems and tell of them. */
  readonly isShared?: boolean;
  /** Whom to tell of what is no object that we know; absent: nobody. */
  readonly otherwise?: ObjectReference;
}

const VERSIONS: Readonly<Record<string, string>> = {
  ...{ Service: "v1", Node: "v1", Namespace: "v1", Secret: "v1", EndpointSlice: "discovery.k8s.io/v1" },
  ...{ IPAddressPool: "metallb.io/v1beta1", L2Advertisement: "metallb.io/v1beta1", BGPAdvertisement: "metallb.io/v1beta1" },
  ...{ BGPPeer: "metallb.io/v1beta2", BFDProfile: "metallb.io/v1beta1", Community: "metallb.io/v1beta1" },
  ...{ Reservation: `${API_GROUP}/v1alpha1`, Advertisement: `${API_GROUP}/v1alpha1`, Plugin: `${API_GROUP}/v1alpha1` },
};
const OF_NO_NAMESPACE: ReadonlySet<string> = new Set(["Node", "Namespace"]);

/** Tells from now on. */
export function tellProblemsByEvents(options: ProblemEventsOptions): Close {
  const { source, events, tells = () => true, isShared = false } = options;
  let known = new Set<string>();
  const tell = (): void => {
    const told = new Set<string>();
    for (const problem of source.problems().filter(tells)) {
      const { object, path, found, expected } = problem;
      const message = `${path === "" ? "" : `${path}: `}found ${found}, expected ${expected}`;
      const id = `${object} ${message}`;
      told.add(id);
      const reference = referenceOf(object, options);
      if (known.has(id) || reference === undefined) continue;
      events.record({ object: reference, type: "Warning", reason: "ConfigurationError", message, isShared });
    }
    known = told;
  };
  const close = source.onProblems(tell);
  tell();
  return close;
}

/** `BGPPeer tor-a`, `Service shop/web` → which object that is. */
function referenceOf(object: string, { namespace, otherwise }: ProblemEventsOptions): ObjectReference | undefined {
  const [kind = "", name = ""] = object.split(" ");
  const apiVersion = Object.hasOwn(VERSIONS, kind) ? VERSIONS[kind] : undefined;
  if (apiVersion === undefined || name === "") return otherwise;
  if (OF_NO_NAMESPACE.has(kind)) return { apiVersion, kind, name };
  const slash = name.indexOf("/");
  return slash < 0
    ? { apiVersion, kind, namespace, name }
    : { apiVersion, kind, namespace: name.slice(0, slash), name: name.slice(slash + 1) };
}
