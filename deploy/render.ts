/** `deploy/manifests/herald.yaml`: what the chart gives with its own values, for who has no Helm. */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const CHART = fileURLToPath(new URL("chart", import.meta.url));
export const MANIFESTS = fileURLToPath(new URL("manifests/herald.yaml", import.meta.url));
/** Where MetalLB is as well: its resources count there. */
export const NAMESPACE = "metallb-system";

const HEAD = `# Herald, rendered from deploy/chart by "node build.mjs manifests". It goes where MetalLB is, whose resources count there.
---
apiVersion: v1
kind: Namespace
metadata:
  name: ${NAMESPACE}
  labels:
    # Speakers are in the host's network and send raw frames.
    pod-security.kubernetes.io/enforce: privileged
    pod-security.kubernetes.io/audit: privileged
    pod-security.kubernetes.io/warn: privileged
`;

/** Helm's answer on stdout; throws with what it says where it refuses. */
export function runHelm(helm: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(helm, args, { encoding: "utf8", maxBuffer: 64 << 20 });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`helm ${args.join(" ")}\n${stderr}`);
  return stdout;
}

/** The text of `MANIFESTS`. */
export function renderManifests(helm: string): string {
  const rendered = runHelm(helm, ["template", "herald", CHART, "--namespace", NAMESPACE, "--skip-tests"]);
  const own = rendered.replace(/^ +(?:helm\.sh\/chart|app\.kubernetes\.io\/managed-by): .*\n/gm, "").replace(/^\n+(?=---$)/gm, "");
  return `${HEAD}${own.trimEnd()}\n`;
}
