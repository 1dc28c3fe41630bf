/** Flags of the commands that live in a cluster. The names are MetalLB's where it has the same. */

import { existsSync, readFileSync } from "node:fs";
import type { EndpointChoice } from "../roles/endpoints.ts";
import { UsageError } from "./command.ts";
import { endpointFlags, endpointHelp, readEndpointFlags } from "./endpoint-flags.ts";
import { logFlags } from "./role.ts";

export const clusterFlags = {
  kubeconfig: { type: "string" },
  namespace: { type: "string" },
  "pod-name": { type: "string" },
  "lb-class": { type: "string" },
  takeover: { type: "boolean" },
  ...endpointFlags,
  ...logFlags,
} as const;

export const clusterHelp = `  --kubeconfig FILE    how to reach the API server (default: as a pod does, or
                       $KUBECONFIG, or ~/.kube/config)
  --namespace NAME     Herald's own namespace, whose metallb.io and herald.dev
                       resources and Secrets count (default:
                       $METALLB_NAMESPACE, or the pod's, or metallb-system)
  --pod-name NAME      this pod, which will own the status objects that Herald
                       writes (default: $METALLB_POD_NAME)
  --lb-class CLASS     handle Services of this loadBalancerClass only (default:
                       those without a class)
  --takeover           go on where MetalLB or another load balancer is found
${endpointHelp}`;

export interface ClusterFlags {
  readonly kubeconfig?: string;
  readonly namespace?: string;
  readonly "pod-name"?: string;
  readonly "lb-class"?: string;
  readonly takeover?: boolean;
}

export interface ClusterChoice {
  readonly kubeconfig: string | undefined;
  readonly namespace: string;
  readonly podName: string | undefined;
  readonly loadBalancerClass: string | undefined;
  readonly isTakeover: boolean;
  readonly endpoints: EndpointChoice;
}

type Environment = Readonly<Record<string, string | undefined>>;

const POD_NAMESPACE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
const USUAL_NAMESPACE = "metallb-system";
/** RFC 1123 §2.1 "Host Names and Numbers". */
const LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** Throws UsageError for a value that cannot be. */
export function readClusterFlags(
  values: ClusterFlags & Parameters<typeof readEndpointFlags>[0],
  environment: Environment = process.env,
): ClusterChoice {
  const namespace = values.namespace ?? environment["METALLB_NAMESPACE"] ?? podNamespace() ?? USUAL_NAMESPACE;
  if (!LABEL.test(namespace)) throw new UsageError(`Flag --namespace has the value "${namespace}": expected the name of a namespace`);
  return {
    kubeconfig: values.kubeconfig,
    namespace,
    podName: values["pod-name"] ?? environment["METALLB_POD_NAME"],
    loadBalancerClass: values["lb-class"] || undefined,
    isTakeover: values.takeover ?? false,
    endpoints: readEndpointFlags(values),
  };
}

function podNamespace(): string | undefined {
  return existsSync(POD_NAMESPACE) ? readFileSync(POD_NAMESPACE, "utf8").trim() : undefined;
}
