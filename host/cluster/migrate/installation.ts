/** MetalLB as it is installed: where, in which mode, with which flags, and what put it there. */

import { listOf, type RawObject, type RawObjects, rawOf, textOf } from "./objects.ts";

export type BgpMode = "native" | "frr" | "frr-k8s";

export interface Installation {
  /** Where its resources count. */
  readonly namespace: string;
  /** Undefined: its workloads are not among what was read. */
  readonly controller: RawObject | undefined;
  readonly speaker: RawObject | undefined;
  readonly frrK8s: RawObject | undefined;
  /** Undefined: not known. */
  readonly mode: BgpMode | undefined;
  /** Of its image; empty: not known. */
  readonly version: string;
  /** `--lb-class`; undefined: Services of no class. */
  readonly lbClass: string | undefined;
  readonly ignoresExcludeLabel: boolean;
  /** Nodes with a speaker's pod; undefined: not known. */
  readonly speakerNodes: ReadonlySet<string> | undefined;
  /** Helm's release; undefined: none. */
  readonly release: string | undefined;
}

const RELEASE = "meta.helm.sh/release-name";

/** Undefined where nothing of MetalLB is among the objects. */
export function findInstallation(objects: RawObjects, wanted?: string): Installation | undefined {
  const controller = workload(objects, "Deployment", "controller", wanted);
  const speaker = workload(objects, "DaemonSet", "speaker", wanted);
  const configured = ["IPAddressPool", "BGPPeer", "L2Advertisement"].flatMap((kind) => objects.all(kind))[0]?.namespace;
  const namespace = wanted ?? speaker?.namespace ?? controller?.namespace ?? configured;
  if (namespace === undefined) return undefined;
  const words = wordsOf(speaker ?? controller);
  const pods = objects.all("Pod").filter((pod) => pod.namespace === namespace && isPart(pod, "speaker"));
  const nodes = pods.map(({ spec }) => textOf(spec["nodeName"])).filter((name) => name !== "");
  return {
    ...{ namespace, controller, speaker, mode: modeOf(speaker ?? controller), version: versionOf(speaker ?? controller) },
    frrK8s: objects.all("DaemonSet").find(({ labels }) => labels["app"] === "frr-k8s" || labels["app.kubernetes.io/name"] === "frr-k8s"),
    lbClass: flagOf(words, "lb-class") || undefined,
    ignoresExcludeLabel: flagOf(words, "ignore-exclude-lb") === "true",
    speakerNodes: nodes.length === 0 ? undefined : new Set(nodes),
    release: (speaker ?? controller)?.annotations[RELEASE],
  };
}

function workload(objects: RawObjects, kind: string, part: string, namespace: string | undefined): RawObject | undefined {
  return objects.all(kind).find((object) => isPart(object, part) && (namespace === undefined || object.namespace === namespace));
}

function isPart({ labels }: RawObject, part: string): boolean {
  const isMetalLb = labels["app"] === "metallb" || labels["app.kubernetes.io/name"] === "metallb";
  return isMetalLb && (labels["component"] === part || labels["app.kubernetes.io/component"] === part);
}

function containersOf(object: RawObject | undefined) {
  const template = rawOf(rawOf(object?.spec["template"])["spec"]);
  return listOf(template["containers"]).map(rawOf);
}

/** As MetalLB reads it: without the variable it is native. */
function modeOf(object: RawObject | undefined): BgpMode | undefined {
  if (object === undefined) return undefined;
  const variables = containersOf(object).flatMap(({ env }) => listOf(env).map(rawOf));
  const value = textOf(variables.find(({ name }) => name === "METALLB_BGP_TYPE")?.["value"]);
  return value === "frr" || value === "frr-k8s" ? value : "native";
}

function versionOf(object: RawObject | undefined): string {
  const images = containersOf(object).map(({ image }) => textOf(image));
  const image = images.find((text) => /metallb\/(controller|speaker)/.test(text)) ?? "";
  return /:([\w.-]+)(?:@|$)/.exec(image)?.[1] ?? "";
}

function wordsOf(object: RawObject | undefined): readonly string[] {
  return containersOf(object).flatMap(({ args }) => listOf(args).map(textOf));
}

/** Go's flags: one dash or two, the value behind `=` or as the next word; a switch alone is true. Empty where absent. */
function flagOf(words: readonly string[], name: string): string {
  const at = words.findIndex((word) => word.replace(/^--?/, "").split("=")[0] === name && word.startsWith("-"));
  const word = words[at];
  if (word === undefined) return "";
  if (word.includes("=")) return word.slice(word.indexOf("=") + 1);
  const next = words[at + 1];
  return next === undefined || next.startsWith("-") ? "true" : next;
}
