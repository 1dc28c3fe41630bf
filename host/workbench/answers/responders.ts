/** Those who answer for addresses, each on a host of its own: Herald, a kernel that has them, and two programs of others. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PrivateNetwork } from "../private-network.ts";
import { findTool } from "../testing/requirements.ts";
import { PROGRAM } from "../testing/running-lab.ts";
import type { Asked } from "./questions.ts";

/** By the heads of the columns in `docs/neighbors.md`. */
export interface Responders {
  readonly solicited: Readonly<Record<string, Asked>>;
  readonly asked: Readonly<Record<string, Asked>>;
  end(): void;
}

const HERALD = ["192.0.2.240", "2001:db8::f0"] as const;
const KERNEL = ["192.0.2.241", "2001:db8::f1"] as const;
const NDPPD = "2001:db8::f2";
const FARPD = "192.0.2.242";

const MANIFESTS = [
  { apiVersion: "v1", kind: "Node", metadata: { name: "herald" } },
  {
    apiVersion: "metallb.io/v1beta1",
    kind: "IPAddressPool",
    metadata: { name: "both" },
    spec: { addresses: [`${HERALD[0]}/32`, `${HERALD[1]}/128`] },
  },
  { apiVersion: "metallb.io/v1beta1", kind: "L2Advertisement", metadata: { name: "both" } },
  {
    ...{ apiVersion: "v1", kind: "Service", metadata: { name: "web" } },
    spec: { type: "LoadBalancer", ipFamilyPolicy: "RequireDualStack", ports: [{ port: 80 }] },
  },
];

/** As they come, but for what they are to answer for. */
const NDPPD_CONFIG = `proxy eth0 {\n  rule ${NDPPD}/128 {\n    static\n  }\n}\n`;

export function startResponders(network: PrivateNetwork): Responders {
  const folder = mkdtempSync(join(tmpdir(), "herald-answers-"));
  const processes: ChildProcess[] = [];
  const start = (host: string, file: string, ...args: readonly string[]): void => {
    const [command, ...rest] = network.on(host, file, ...args);
    processes.push(spawn(command, rest, { stdio: "ignore" }));
  };
  network.addHost("herald", "192.0.2.11/24");
  network.addHost("kernel", `${KERNEL[0]}/24`, `${KERNEL[1]}/64 nodad`);
  network.addHost("ndppd", "2001:db8::13/64 nodad");
  network.addHost("farpd", "192.0.2.14/24");

  const manifests = join(folder, "manifests");
  mkdirSync(manifests);
  writeFileSync(join(manifests, "all.json"), JSON.stringify({ apiVersion: "v1", kind: "List", items: MANIFESTS }));
  const flags = ["--manifests", manifests, "--controller", "--node", "herald", "--interface", "eth0", "--control", "none"];
  start("herald", process.execPath, PROGRAM, "run", ...flags);
  writeFileSync(join(folder, "ndppd.conf"), NDPPD_CONFIG);
  start("ndppd", findTool("ndppd") ?? "", "-c", join(folder, "ndppd.conf"));
  start("farpd", findTool("farpd") ?? "", "-d", "-i", "eth0", FARPD);

  const at = (host: string, address: string): Asked => ({ address, mac: network.mac(host) });
  return {
    solicited: { Herald: at("herald", HERALD[1]), Linux: at("kernel", KERNEL[1]), ndppd: at("ndppd", NDPPD) },
    asked: { Herald: at("herald", HERALD[0]), Linux: at("kernel", KERNEL[0]), farpd: at("farpd", FARPD) },
    end() {
      for (const process of processes) process.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
