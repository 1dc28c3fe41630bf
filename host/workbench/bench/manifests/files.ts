/** The manifests that `herald bench manifests` writes: plain Services, a pool and an L2Advertisement, as a person would write them. */
import { closeSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { vipAddress } from "../answers/arp-frames.ts";

/** About 70 KB a file. */
const SERVICES_A_FILE = 300;

/** Room for all Services, and for the addresses that edits move one to. */
const POOL = `apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata:
  name: bench
  namespace: metallb-system
spec:
  addresses: [${vipAddress(0)}/16]
---
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata:
  name: bench
  namespace: metallb-system
spec:
  ipAddressPools: [bench]
`;

/** One Service; `vip` is the address that it asks for. */
export function serviceDocument(name: string, vip?: number): string {
  const annotations = vip === undefined ? "" : `\n  annotations:\n    metallb.io/loadBalancerIPs: ${vipAddress(vip)}`;
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: bench
  labels:
    app.kubernetes.io/name: ${name}${annotations}
spec:
  type: LoadBalancer
  ports:
  - name: http
    protocol: TCP
    port: 80
    targetPort: 8080
`;
}

export function joinDocuments(documents: readonly string[]): string {
  return documents.join("---\n");
}

/** Makes the directory with everything in it. In the order of names, the Services get the VIPs from the first one on. */
export function writeManifests(directory: string, services: number): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "pool.yaml"), POOL);
  const names = Array.from({ length: services }, (_, at) => `service-${String(at).padStart(5, "0")}`);
  for (let at = 0; at < services; at += SERVICES_A_FILE) {
    const documents = names.slice(at, at + SERVICES_A_FILE).map((name) => serviceDocument(name));
    writeFileSync(join(directory, `${names[at]}.yaml`), joinDocuments(documents));
  }
}

/** The documents of a file of at most `bytes`: Services that ask for the VIPs from `firstVip` on. */
export function writeDocuments(bytes: number, firstVip: number): string[] {
  const documents: string[] = [];
  for (let length = 0; ; ) {
    const document = serviceDocument(editedName(documents.length), firstVip + documents.length);
    length += document.length + "---\n".length;
    if (length > bytes) return documents;
    documents.push(document);
  }
}

/** The name of a Service in `writeDocuments`. */
export function editedName(at: number): string {
  return `edited-${String(at).padStart(4, "0")}`;
}

/** How programs save a file: emptied and written anew, or written beside it and renamed. Each calls back as soon as the new text is there. */
export const ways: Readonly<Record<"in place" | "by rename", (file: string, text: string, saved: () => void) => void>> = {
  "in place"(file, text, saved) {
    const fd = openSync(file, "w");
    writeSync(fd, text);
    saved();
    closeSync(fd);
  },
  "by rename"(file, text, saved) {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
    saved();
  },
};
