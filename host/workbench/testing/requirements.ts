/**
 * Tests that need something of the machine. Where it is absent the test is not registered and says `not run: …`, which the gate puts in neither
 * number; with CI=true it is registered and fails, because a pipeline that skips silently proves nothing.
 *
 *   testWith(arp, [tool("tshark"), namespaces], "decodes what tshark decodes", () => { … });
 */
import { accessSync, constants } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import type { Callback, Test } from "uvu";
import { findWay } from "../private-network.ts";

export interface Requirement {
  /** Reads after "needs". */
  readonly what: string;
  /** What to do where it is absent. */
  readonly remedy: string;
  isMet(): boolean;
}

/** A program on the path; its Debian package where that has another name. */
export function tool(name: string, debianPackage = name): Requirement {
  return { what: name, remedy: `apt-get install ${debianPackage}`, isMet: () => findTool(name) !== undefined };
}

/** Network namespaces with a veth pair in them: as root, or else in a user namespace. */
export const namespaces: Requirement = {
  what: "network namespaces",
  remedy: "apt-get install iproute2 util-linux, and run as root or allow unprivileged user namespaces",
  isMet: () => findWay().ok,
};

/** kube-apiserver and etcd (`../api-server`), in the folder that `KUBEBUILDER_ASSETS` names as elsewhere in the Kubernetes world. */
export const apiServer: Requirement = {
  what: "kube-apiserver and etcd",
  remedy: "export KUBEBUILDER_ASSETS=$(.ci/build-api-server)",
  isMet: () => hasAsset("kube-apiserver") && hasAsset("etcd"),
};

/** A program of Kubernetes that comes with them: kubectl, helm. */
export function asset(name: string): Requirement {
  return { what: name, remedy: apiServer.remedy, isMet: () => hasAsset(name) };
}

/** IPv6 on the loopback link. */
export const ipv6Loopback: Requirement = {
  what: "the address ::1",
  remedy: "sysctl net.ipv6.conf.lo.disable_ipv6=0",
  isMet: () => Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === "::1")),
};

/** Where a program is; the system folders are searched too, because a plain user's path often lacks them. */
export function findTool(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/local/sbin", "/usr/sbin", "/sbin"];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** Where a program of `KUBEBUILDER_ASSETS` is. Throws where it is not. */
export function findAsset(name: string): string {
  const file = join(process.env["KUBEBUILDER_ASSETS"] ?? "", name);
  if (!hasAsset(name)) throw new Error(`Cannot run ${file}: ${apiServer.remedy}`);
  return file;
}

function hasAsset(name: string): boolean {
  const folder = process.env["KUBEBUILDER_ASSETS"];
  return folder !== undefined && isExecutable(join(folder, name));
}

/** Registers a test that needs all of `requirements`. */
export function testWith<T>(suite: Test<T>, requirements: readonly Requirement[], name: string, call: Callback<T>): void {
  const missing = requirements.find((requirement) => !requirement.isMet());
  const reason = `"${name}" needs ${missing?.what} (${missing?.remedy})`;
  if (missing === undefined) suite(name, call);
  else if (process.env["CI"] !== "true") process.stdout.write(`not run: ${reason}\n`);
  else {
    suite(name, () => {
      throw new Error(`Cannot run in CI: ${reason}`);
    });
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
