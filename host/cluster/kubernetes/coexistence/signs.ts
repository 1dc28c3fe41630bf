/**
 * Where other load balancers show in the API, and what each of them means. Every look is one short list, asked for by label or at most a few
 * objects, and each is judged by itself.
 *
 * MetalLB's DaemonSets and Deployments have `app=metallb` from its manifests and `app.kubernetes.io/name=metallb` from its chart. k3s makes a
 * DaemonSet for each Service that its ServiceLB serves. Cilium's address management sleeps until there is a pool, and its layer 2
 * announcements until there is a policy. kube-vip serves only Services that ask for an address by a field or an annotation of its own.
 */

import type { V1Container, V1DaemonSet, V1Deployment, V1ObjectMeta } from "@kubernetes/client-node";
import type { ApiRequest } from "../../api/api.ts";
import type { Finding, GatePart } from "./gate.ts";

/** One question to the API server. */
export interface Sign {
  readonly name: string;
  readonly request: Pick<ApiRequest, "path" | "query">;
  /** `body` is whatever came, checked by nobody. */
  read(body: unknown): readonly Finding[];
}

type Workload = V1DaemonSet | V1Deployment;

const DAEMON_SETS = "/apis/apps/v1/daemonsets";
const DEPLOYMENTS = "/apis/apps/v1/deployments";
/** More of them say nothing new. */
const LIMIT = 50;
const MIGRATE = "herald migrate says how to change over without losing an address";

/** `lbClass`: the loadBalancerClass that we serve; undefined: Services of none. */
export function signsFor(part: "controller" | "speaker", lbClass: string | undefined): readonly Sign[] {
  const metalLb = part === "speaker" ? DAEMON_SETS : DEPLOYMENTS;
  const judge = (workload: Workload) => judgeMetalLb(workload, part, lbClass);
  return [
    workloads(`MetalLB's ${part} by its manifests`, metalLb, "app=metallb", judge),
    workloads(`MetalLB's ${part} by its chart`, metalLb, "app.kubernetes.io/name=metallb", judge),
    // Everybody else leaves Services with a class that is not theirs alone.
    ...(lbClass === undefined ? othersFor(part) : []),
  ];
}

function othersFor(part: "controller" | "speaker"): readonly Sign[] {
  const serviceLb = workloads("k3s ServiceLB", DAEMON_SETS, "svccontroller.k3s.cattle.io/svcname", ({ metadata }) =>
    serviceLbAt(metadata, part),
  );
  if (part === "speaker") {
    const kubeVip = "app.kubernetes.io/name in (kube-vip,kube-vip-ds)";
    return [serviceLb, workloads("kube-vip", DAEMON_SETS, kubeVip, judgeKubeVip), cilium("ciliuml2announcementpolicies", "layer2")];
  }
  return [serviceLb, cilium("ciliumloadbalancerippools", "controller")];
}

function workloads(name: string, path: string, labelSelector: string, judge: (workload: Workload) => Finding | undefined): Sign {
  return {
    name,
    request: { path, query: { labelSelector, limit: LIMIT } },
    read: (body) => itemsOf<Workload>(body).flatMap((item) => judge(item) ?? []),
  };
}

function judgeMetalLb(workload: Workload, part: "controller" | "speaker", lbClass: string | undefined): Finding | undefined {
  const { metadata, spec } = workload;
  const { component, "app.kubernetes.io/component": chartComponent } = metadata?.labels ?? {};
  if (component !== part && chartComponent !== part) return undefined;
  if (!runs(workload) || classOf(spec?.template?.spec?.containers) !== (lbClass ?? "")) return undefined;
  const { namespace, name } = metadata ?? {};
  if (part === "speaker") {
    return {
      ...{ reason: "MetalLB", object: `DaemonSet ${namespace}/${name}`, closes: "speaker" },
      message: "MetalLB's speakers announce the addresses of the same Services",
      remedy: `kubectl -n ${namespace} delete daemonset ${name}; ${MIGRATE}`,
    };
  }
  return {
    ...{ reason: "MetalLB", object: `Deployment ${namespace}/${name}`, closes: "controller" },
    message: "MetalLB's controller gives addresses to the same Services",
    remedy: `kubectl -n ${namespace} scale deployment ${name} --replicas=0; ${MIGRATE}`,
  };
}

function serviceLbAt(metadata: V1ObjectMeta | undefined, part: GatePart): Finding {
  return {
    ...{ reason: "ServiceLB", object: `DaemonSet ${metadata?.namespace}/${metadata?.name}`, closes: part },
    message: "ServiceLB of k3s writes node addresses into the status of the same Services",
    remedy: "restart each k3s server with --disable=servicelb, or give Herald Services of its own with --lb-class",
  };
}

function judgeKubeVip({ metadata, spec }: Workload): Finding | undefined {
  const environment = list<V1Container>(spec?.template?.spec?.containers).flatMap(({ env }) =>
    list<{ name?: string; value?: string }>(env),
  );
  if (!environment.some(({ name, value }) => name === "svc_enable" && value === "true")) return undefined;
  return {
    ...{ reason: "kube-vip", object: `DaemonSet ${metadata?.namespace}/${metadata?.name}` },
    message: "kube-vip announces Services that name an address in spec.loadBalancerIP or kube-vip.io/loadbalancerIPs",
    remedy: "name addresses by metallb.io/loadBalancerIPs instead, or set svc_enable of kube-vip to false",
  };
}

function cilium(plural: string, closes: GatePart): Sign {
  return {
    name: `Cilium's ${plural}`,
    request: { path: `/apis/cilium.io/v2alpha1/${plural}`, query: { limit: LIMIT } },
    read: (body) => itemsOf<CiliumObject>(body).flatMap((item) => judgeCilium(item, plural, closes) ?? []),
  };
}

interface CiliumObject {
  readonly metadata?: V1ObjectMeta;
  readonly spec?: { readonly disabled?: boolean; readonly loadBalancerIPs?: boolean; readonly serviceSelector?: object };
}

function judgeCilium({ metadata, spec }: CiliumObject, plural: string, closes: GatePart): Finding | undefined {
  const isPool = closes === "controller";
  if (isPool ? spec?.disabled === true : spec?.loadBalancerIPs !== true) return undefined;
  return {
    ...{ reason: "Cilium", object: `${isPool ? "CiliumLoadBalancerIPPool" : "CiliumL2AnnouncementPolicy"} ${metadata?.name}` },
    message: isPool ? "Cilium gives addresses to the same Services" : "Cilium answers ARP for the addresses of the same Services",
    remedy: `kubectl delete ${plural} ${metadata?.name}, or give Herald Services of its own with --lb-class`,
    // One for certain Services may be meant to stand beside Herald.
    ...(spec?.serviceSelector === undefined ? { closes } : {}),
  };
}

/** It has pods, or is about to. A DaemonSet that fits no node has none. */
function runs(workload: Workload): boolean {
  const { metadata, spec, status } = workload;
  if (spec !== undefined && "replicas" in spec && spec.replicas === 0) return ((status as V1Deployment["status"])?.replicas ?? 0) > 0;
  const {
    observedGeneration = 0,
    desiredNumberScheduled,
    currentNumberScheduled,
  } = (status ?? {}) as Partial<NonNullable<V1DaemonSet["status"]>>;
  const isSeen = observedGeneration > 0 && observedGeneration >= (metadata?.generation ?? 0);
  return !(isSeen && desiredNumberScheduled === 0 && currentNumberScheduled === 0);
}

/** Of MetalLB's flag; empty: Services of no class. */
function classOf(containers: unknown): string {
  const words = list<V1Container>(containers).flatMap(({ args, command }) => [...list<string>(command), ...list<string>(args)]);
  const at = words.findIndex((word) => /^--?lb-class(=|$)/.test(String(word)));
  const flag = String(words[at] ?? "");
  return flag.includes("=") ? flag.slice(flag.indexOf("=") + 1) : at < 0 ? "" : String(words[at + 1] ?? "");
}

function itemsOf<T extends object>(body: unknown): readonly T[] {
  return list<T>((body as { items?: unknown } | null)?.items).filter((item) => typeof item === "object" && item !== null);
}

function list<T>(value: unknown): readonly T[] {
  return Array.isArray(value) ? (value as T[]) : [];
}
