/** The Node versions that plugins' processes are tried on: the one that runs the test, and those of `.ci/fetch-nodes`. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Requirement } from "../requirements.ts";

export interface TestedNode {
  readonly nodePath: string;
  readonly nodeMajor: number;
}

const folder = process.env["HERALD_NODES"] || undefined;
const others =
  folder === undefined
    ? []
    : readdirSync(folder).map((name) => ({ nodePath: join(folder, name), nodeMajor: Number(name.replace("node-", "")) }));

export const testedNodes: readonly TestedNode[] = [
  { nodePath: process.execPath, nodeMajor: Number(process.versions.node.split(".")[0]) },
  ...others,
];

/** For one test of each file that goes through them, so that it is said where they are missing. */
export const otherNodes: Requirement = {
  what: "other versions of Node",
  remedy: "export HERALD_NODES=$(.ci/fetch-nodes)",
  isMet: () => others.length > 0,
};
