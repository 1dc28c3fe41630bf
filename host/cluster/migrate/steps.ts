/**
 * What to do, in order. The order is what keeps the addresses: they are in the status of Services, where MetalLB's controller put them, and
 * Herald's controller takes them from there; so one has to be gone before the other begins, and nobody may take the resources away.
 */

import type { Installation } from "./installation.ts";
import type { RawObject, RawObjects } from "./objects.ts";
import type { Step } from "./report.ts";

interface Plan {
  readonly objects: RawObjects;
  readonly installation: Installation;
  readonly hasBlocks: boolean;
}

/**
 * Helm 4 applies on the server's side, where whoever wrote a field last has to be overruled: kubectl, or MetalLB's controller. Helm 3 has no
 * such flag and needs none.
 */
const TAKE = "--take-ownership --force-conflicts";
/** Without the age, which changes by itself. */
const ADDRESSES = "kubectl get services -A -o custom-columns='S:.metadata.namespace,N:.metadata.name,A:.status.loadBalancer.ingress[*].ip'";
/** Of Herald's speaker, which has the host's network. */
const PORTS = /\b(9120|17472)\b/;

export function stepsFor(plan: Plan): readonly Step[] {
  return [
    settle(plan),
    backUp(plan),
    keepResources(plan),
    stopController(plan),
    removeWebhooks(plan),
    install(plan),
    look(plan),
    swap(plan),
    verify(plan),
    cleanUp(plan),
  ].flat();
}

export function rollbackFor({ installation }: Plan): readonly Step[] {
  const { namespace, release, controller } = installation;
  const start =
    release === undefined
      ? "kubectl apply --server-side --force-conflicts -f METALLB_MANIFESTS"
      : `helm -n ${namespace} upgrade ${release} METALLB_CHART --reuse-values --set crds.enabled=true ${TAKE}`;
  return [
    {
      title: "Take Herald away",
      why: "The resources are MetalLB's, and stay. Do not delete the namespace or a CRD.",
      commands: [`helm -n ${namespace} uninstall herald`],
    },
    {
      title: "Start MetalLB again",
      why: "From where it came, in the same version: what was deleted comes back, webhook and speakers too. Its controller takes the addresses from the status of Services, as Herald's did.",
      commands: [start, `kubectl -n ${namespace} scale deployment ${controller?.name ?? "controller"} --replicas=1`],
    },
  ];
}

function settle({ hasBlocks }: Plan): Step[] {
  if (!hasBlocks) return [];
  return [
    {
      title: "Settle what blocks",
      why: "Each difference marked so above would cost an address or an announcement.",
      commands: ["herald migrate"],
    },
  ];
}

function backUp({ installation: { namespace } }: Plan): Step {
  const kinds = "ipaddresspools,l2advertisements,bgpadvertisements,bgppeers,bfdprofiles,communities";
  return {
    title: "Keep a copy",
    why: "Of the resources, and of the addresses that Services have.",
    commands: [`kubectl -n ${namespace} get ${kinds} -o yaml > metallb-resources.yaml`, `${ADDRESSES} > addresses-before.txt`],
  };
}

/**
 * MetalLB's chart installs the CRDs as a part of the release, so its end is the end of every pool. Helm's uninstall looks for the annotation
 * in the release alone, and an upgrade in the cluster (Helm 4.1: tried with an API server); hence both commands, in this order.
 */
function keepResources({ objects, installation: { namespace, release, version } }: Plan): Step[] {
  if (release === undefined) return [];
  const crds = objects.all("CustomResourceDefinition").filter(({ name }) => name.endsWith(".metallb.io"));
  const names =
    crds.length > 0 ? crds.map(({ name }) => name).join(" ") : "$(kubectl get crd -o name | grep '[.]metallb[.]io$' | cut -d/ -f2)";
  const chartVersion = version === "" ? "" : ` --version ${version.replace(/^v/, "")}`;
  return [
    {
      title: "Take the CRDs out of MetalLB's release",
      why: "helm uninstall would delete them, and with them every pool and every peer. The annotation alone does not help, since uninstall does not look at it; the upgrade lets go of them. The last command must print nothing before you go on.",
      commands: [
        `kubectl annotate crd ${names} helm.sh/resource-policy=keep --overwrite`,
        `helm -n ${namespace} upgrade ${release} METALLB_CHART${chartVersion} --reuse-values --set crds.enabled=false`,
        `helm -n ${namespace} get manifest ${release} | grep 'kind: CustomResourceDefinition'`,
      ],
    },
  ];
}

function stopController({ installation: { namespace, controller } }: Plan): Step {
  return {
    title: "Stop MetalLB's controller",
    why: "Addresses stay as they are; new Services wait. The speakers go on announcing.",
    commands: [`kubectl -n ${namespace} scale deployment ${controller?.name ?? "controller"} --replicas=0`],
  };
}

function removeWebhooks({ objects }: Plan): Step[] {
  const isMetalLb = ({ name, labels }: RawObject) => name.includes("metallb") || labels["app.kubernetes.io/name"] === "metallb";
  const found = objects.all("ValidatingWebhookConfiguration").filter(isMetalLb);
  const names = found.length > 0 ? found.map(({ name }) => name) : ["metallb-webhook-configuration"];
  return [
    {
      title: "Remove MetalLB's webhooks",
      why: "They are answered by the controller that has just stopped. As long as nobody answers, one refuses every change of a resource; the other converts BGPPeers, and as long as it is there the API server takes no definition without it.",
      commands: [
        `kubectl delete validatingwebhookconfiguration --ignore-not-found ${names.join(" ")}`,
        `kubectl patch crd bgppeers.metallb.io --type=json --patch '[{"op":"replace","path":"/spec/conversion","value":{"strategy":"None"}}]'`,
      ],
    },
  ];
}

function install({ installation: { namespace, lbClass, ignoresExcludeLabel } }: Plan): Step {
  const values = [
    ...(lbClass === undefined ? [] : [`--set loadBalancerClass=${lbClass}`]),
    ...(ignoresExcludeLabel ? ["--set speaker.ignoreExcludeLB=true"] : []),
  ];
  return {
    title: "Install Herald beside it",
    why: `Into ${namespace}, where the resources and Secrets are, and with the same class. Its CRDs take the place of MetalLB's, with the same resources in them (Helm 4; Helm 3.17 wants --take-ownership alone). The controller takes over the addresses; the speakers see MetalLB's and announce nothing yet.`,
    commands: [["helm -n", namespace, "install herald HERALD_CHART", TAKE, "--set image.repository=HERALD_IMAGE", ...values].join(" ")],
  };
}

function look({ installation: { namespace } }: Plan): Step {
  return {
    title: "Compare the addresses",
    why: "They must be the same. If not, go back: nothing else has changed.",
    commands: [
      `${ADDRESSES} > addresses-after.txt; diff addresses-before.txt addresses-after.txt`,
      `kubectl -n ${namespace} get configurationstates`,
    ],
  };
}

function swap({ objects, installation: { namespace, speaker, frrK8s } }: Plan): Step[] {
  const hasBgp = objects.all("BGPPeer").length > 0;
  const begin = PORTS.test(JSON.stringify(speaker?.spec ?? {}))
    ? "Both use the same ports of the host, so Herald's pods have waited for this, and start as MetalLB's go."
    : "Herald's speakers see it within some 5 s.";
  const layer2 = `${begin} They announce from the same nodes, with the same MAC addresses, so neighbors need to learn nothing.`;
  const bgp = hasBgp
    ? " BGP sessions end and come back, and for so long routers send nothing: choose a quiet hour, or go node by node (docs/migrate.md)."
    : "";
  const frr =
    frrK8s === undefined
      ? []
      : [`kubectl -n ${frrK8s.namespace} delete daemonset ${frrK8s.name}`, `kubectl -n ${frrK8s.namespace} delete frrconfigurations --all`];
  const remove = [`kubectl -n ${namespace} delete daemonset ${speaker?.name ?? "speaker"}`, ...frr];
  return [
    {
      title: "Swap the speakers",
      why: `${layer2}${bgp}${frr.length > 0 ? " FRR would go on telling routes without MetalLB, so it goes, too." : ""}`,
      commands: remove,
    },
  ];
}

function verify({ objects, installation: { namespace } }: Plan): Step {
  const hasBgp = objects.all("BGPPeer").length > 0;
  return {
    title: "Verify",
    why: "Every Service is announced by the node that it was announced by.",
    commands: [
      `kubectl -n ${namespace} exec daemonset/herald-speaker -- herald status`,
      ...(hasBgp ? [`kubectl -n ${namespace} exec daemonset/herald-speaker -- herald bgp peers`] : []),
      `kubectl -n ${namespace} get servicel2statuses,servicebgpstatuses`,
    ],
  };
}

function cleanUp({ installation: { namespace, release, controller } }: Plan): Step {
  return {
    title: "Remove what is left of MetalLB",
    why: "When you are sure that you will not go back. The namespace stays: Herald lives in it.",
    commands:
      release === undefined
        ? [
            `kubectl -n ${namespace} delete deployment ${controller?.name ?? "controller"}`,
            `kubectl -n ${namespace} delete service,secret,configmap,serviceaccount,role,rolebinding -l app=metallb`,
            "kubectl delete clusterrole,clusterrolebinding -l app=metallb",
          ]
        : [`helm -n ${namespace} uninstall ${release}`],
  };
}
