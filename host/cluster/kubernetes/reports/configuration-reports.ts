/**
 * ConfigurationState, MetalLB's: whether the configuration makes sense to the controller, and to each speaker.
 *
 * It says all that is wrong, not the first of it. One object that is wrong spoils no other, so `Invalid` means that some are not as they
 * should be, and not that nothing works.
 */

import type { Close, Log } from "../../../announcer.ts";
import { API_GROUP } from "../../../rules/api-group.ts";
import type { Problem } from "../../../rules/vocabulary.ts";
import type { Api } from "../../api/api.ts";
import type { Finding, Gate } from "../coexistence/gate.ts";
import { configurationWords } from "./configuration-words.ts";
import { labelValue, type OwnedKind, type OwnedObject, type OwnerReference, type Status, timeText } from "./owned-object.ts";
import { OwnedObjects } from "./owned-objects.ts";

export const CONFIGURATION_STATE: OwnedKind = {
  apiVersion: "metallb.io/v1beta1",
  kind: "ConfigurationState",
  plural: "configurationstates",
};

/** Whose it is, with MetalLB's names of the condition and its field owner. */
interface Component {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly condition: string;
  readonly manager: string;
}

export interface ConfigurationReportsOptions {
  readonly api: Api;
  readonly namespace: string;
  /** The speaker of this node; absent: the controller. */
  readonly node?: string;
  readonly source: { problems(): readonly Problem[]; onProblems(call: () => void): Close };
  /** What else serves the same Services, and closes what; absent: that is not said. */
  readonly gate?: Pick<Gate, "findings" | "onChange">;
  readonly owner?: () => Promise<OwnerReference | undefined>;
  readonly log: Log;
}

/** True where nothing else serves the same Services. It is no matter of configuration, so the result does not depend on it. */
const ALONE = `${API_GROUP}/Alone`;

/** What is wrong with these is told to who made them, and is no configuration. */
const NOT_CONFIGURATION: ReadonlySet<string> = new Set(["Service", "EndpointSlice", "Node", "Namespace", "Secret"]);
/** As MetalLB's controller judges pools and communities, and a BGPPeer that is wrong is nothing to it. */
const OF_SPEAKERS: ReadonlySet<string> = new Set([
  "BGPPeer",
  "BGPAdvertisement",
  "L2Advertisement",
  "BFDProfile",
  "Advertisement",
  "Plugin",
]);
/** What a condition may hold. */
const LONGEST_MESSAGE = 32_768;
const MOST_PROBLEMS = 100;

export class ConfigurationReports {
  readonly #options: ConfigurationReportsOptions;
  readonly #component: Component;
  readonly #objects: OwnedObjects;
  #close: Close = () => {};

  constructor(options: ConfigurationReportsOptions) {
    this.#options = options;
    this.#component = componentOf(options.node);
    const { labels, manager } = this.#component;
    this.#objects = new OwnedObjects({ ...options, kind: CONFIGURATION_STATE, labels, manager });
  }

  /** With everything read once. */
  start(): void {
    this.#objects.start();
    const { source, gate } = this.#options;
    const say = () => this.#objects.want([stateObject(this.#component, this.#problems(), gate?.findings(), Date.now())]);
    const closers = [source.onProblems(say), gate?.onChange(say)];
    this.#close = () => {
      for (const close of closers) close?.();
    };
    say();
  }

  /** Leaves it as it is. */
  close(): void {
    this.#close();
    this.#objects.close();
  }

  #problems(): string[] {
    const { source, node, namespace } = this.#options;
    return source
      .problems()
      .filter(({ object }) => isJudged(object.slice(0, object.indexOf(" ")), node))
      .map((problem) => `configuration error: ${configurationWords(problem, namespace)}`);
  }
}

function componentOf(node: string | undefined): Component {
  const type = (name: string) => ({ "metallb.io/component-type": name });
  if (node === undefined)
    return { name: "controller", labels: type("controller"), condition: "poolReconcilerValid", manager: "poolReconciler" };
  const labels = { ...type("speaker"), "metallb.io/node-name": labelValue(node) };
  return { name: `speaker-${node}`, labels, condition: "configReconcilerValid", manager: "configReconciler" };
}

/** A speaker sees it, and MetalLB's controller does not judge it. */
export function isOfSpeakers({ object }: Problem): boolean {
  return OF_SPEAKERS.has(object.slice(0, object.indexOf(" ")));
}

function isJudged(kind: string, node: string | undefined): boolean {
  return !NOT_CONFIGURATION.has(kind) && (node !== undefined || !OF_SPEAKERS.has(kind));
}

function stateObject(
  { name, labels, condition }: Component,
  lines: readonly string[],
  findings: readonly Finding[] | undefined,
  nowMs: number,
): OwnedObject {
  const more = lines.length > MOST_PROBLEMS ? [`and ${lines.length - MOST_PROBLEMS} more`] : [];
  const message = [...new Set(lines.slice(0, MOST_PROBLEMS)), ...more].join("\n").slice(0, LONGEST_MESSAGE);
  const isValid = message === "";
  const said = {
    type: condition,
    status: isValid ? "True" : "False",
    reason: isValid ? "Reconciled" : "ConfigurationError",
    message,
    lastTransitionTime: timeText(nowMs),
  };
  const conditions = [said, ...(findings === undefined ? [] : [aloneCondition(findings, nowMs)])];
  return { name, labels, status: { result: isValid ? "Valid" : "Invalid", errorSummary: message, conditions }, blend: keepTimes };
}

function aloneCondition(findings: readonly Finding[], nowMs: number) {
  const closing = findings.filter(({ closes }) => closes !== undefined);
  const lines = closing.map(({ object, message, remedy }) => `${message} (${object}). Remedy: ${remedy}`);
  return {
    type: ALONE,
    status: closing.length === 0 ? "True" : "False",
    reason: closing.length === 0 ? "NothingFound" : "AnotherLoadBalancer",
    message: lines.join("\n").slice(0, LONGEST_MESSAGE),
    lastTransitionTime: timeText(nowMs),
  };
}

/** The time of a condition is that of its last change. */
function keepTimes(status: Status, before: Status): Status {
  const known = Array.isArray(before["conditions"]) ? (before["conditions"] as readonly Status[]) : [];
  const conditions = (status["conditions"] as readonly Status[]).map((said) => {
    const same = known.find((condition) => condition?.["type"] === said["type"] && condition?.["status"] === said["status"]);
    const time = same?.["lastTransitionTime"];
    return typeof time === "string" ? { ...said, lastTransitionTime: time } : said;
  });
  return { ...status, conditions };
}
