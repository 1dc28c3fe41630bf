/** What the roles of the chart may do, and some of what they may not. */

export interface Access {
  readonly verb: string;
  /** `metallb.io/ipaddresspools/status`; the group is left out where it is the core's. */
  readonly resource: string;
  /** Absent: in all. */
  readonly namespace?: string;
  readonly name?: string;
}

const own = "metallb-system";
const READ = ["get", "list", "watch"];
const WRITTEN = [...READ, "create", "patch", "delete"];

function each(verbs: readonly string[], resources: readonly string[], namespace?: string): Access[] {
  return resources.flatMap((resource) => verbs.map((verb) => ({ verb, resource, ...(namespace === undefined ? {} : { namespace }) })));
}

const POOLS = ["metallb.io/ipaddresspools", "metallb.io/communities"];
const ANNOUNCING = ["l2advertisements", "bgpadvertisements", "bgppeers", "bfdprofiles"].map((plural) => `metallb.io/${plural}`);
const STATUSES = ["metallb.io/servicel2statuses", "metallb.io/servicebgpstatuses", "herald.dev/bgpsessionstates"];
const STATES = "metallb.io/configurationstates";

export const access: Readonly<Record<"controller" | "speaker", { readonly may: readonly Access[]; readonly mayNot: readonly Access[] }>> = {
  controller: {
    may: [
      ...each(READ, ["services", "namespaces"]),
      ...each(["patch"], ["services/status"]),
      ...each(["create", "patch"], ["events"]),
      ...each(["list"], ["apps/deployments", "apps/daemonsets", "cilium.io/ciliumloadbalancerippools"]),
      ...each(["create"], ["authentication.k8s.io/tokenreviews", "authorization.k8s.io/subjectaccessreviews"]),
      ...each(READ, [...POOLS, "herald.dev/reservations"], own),
      ...each(["patch"], ["metallb.io/ipaddresspools/status", `${STATES}/status`], own),
      ...each(WRITTEN, [STATES], own),
      { verb: "create", resource: "coordination.k8s.io/leases", namespace: own },
      { verb: "get", resource: "coordination.k8s.io/leases", namespace: own, name: "controller.herald.dev" },
      { verb: "update", resource: "coordination.k8s.io/leases", namespace: own, name: "controller.herald.dev" },
      ...each(["get"], ["pods"], own),
    ],
    mayNot: [
      ...each(["create", "update", "patch", "delete"], ["services"]),
      ...each(["update"], ["services/status"]),
      ...each(["get", "list", "watch"], ["secrets", "pods", "configmaps", "nodes", "discovery.k8s.io/endpointslices"]),
      ...each(["get", "list"], ["secrets"], own),
      ...each(["create", "update", "patch", "delete"], [...POOLS, "herald.dev/reservations"], own),
      ...each(READ, POOLS),
      { verb: "update", resource: "coordination.k8s.io/leases", namespace: own, name: "another" },
      ...each(["list", "delete"], ["coordination.k8s.io/leases"], own),
      ...each(["get", "update"], ["apiextensions.k8s.io/customresourcedefinitions"]),
      ...each(["get", "update"], ["admissionregistration.k8s.io/validatingwebhookconfigurations"]),
    ],
  },
  speaker: {
    may: [
      ...each(READ, ["services", "nodes", "discovery.k8s.io/endpointslices"]),
      ...each(["create", "patch"], ["events"]),
      ...each(["list"], ["apps/daemonsets", "cilium.io/ciliuml2announcementpolicies"]),
      ...each(["create"], ["authentication.k8s.io/tokenreviews", "authorization.k8s.io/subjectaccessreviews"]),
      ...each(READ, [...POOLS, ...ANNOUNCING, "herald.dev/advertisements", "herald.dev/plugins", "secrets"], own),
      ...each(WRITTEN, [...STATUSES, STATES], own),
      ...each(
        ["patch"],
        [...STATUSES, STATES].map((kind) => `${kind}/status`),
        own,
      ),
      ...each([...READ, "create", "update"], ["coordination.k8s.io/leases"], own),
      ...each(["get"], ["pods"], own),
    ],
    mayNot: [
      ...each(["create", "update", "patch", "delete"], ["services", "services/status", "nodes", "nodes/status"]),
      ...each(["get", "list", "watch"], ["secrets", "pods", "configmaps"]),
      ...each(["create", "update", "patch", "delete"], [...POOLS, ...ANNOUNCING, "herald.dev/plugins", "secrets", "pods"], own),
      ...each([...READ, "create", "update"], ["coordination.k8s.io/leases"]),
      ...each(["patch", "delete", "deletecollection"], ["coordination.k8s.io/leases"], own),
      ...each(READ, [...POOLS, ...ANNOUNCING]),
    ],
  },
};

/** The spec of a SubjectAccessReview. */
export function reviewOf({ verb, resource, namespace, name }: Access, account: string): object {
  const parts = resource.split("/");
  const hasGroup = parts[0]?.includes(".") || parts[0] === "apps";
  const [plural, subresource] = hasGroup ? parts.slice(1) : parts;
  const attributes = { verb, group: hasGroup ? parts[0] : "", resource: plural, subresource, namespace, name };
  return { user: `system:serviceaccount:${own}:${account}`, resourceAttributes: attributes };
}
