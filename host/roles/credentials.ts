/** Who a role is to the API server, where nobody said it: as kubectl and client-go look for it. */

import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Credentials, findCredentials } from "../cluster/api/credentials.ts";

/** Of the file that a flag named, else of the Pod, else of `$KUBECONFIG` or the user's own file. Throws where there is none. */
export function credentialsFor(kubeconfig: string | undefined): Promise<Credentials> {
  const isPod = process.env["KUBERNETES_SERVICE_HOST"] !== undefined;
  if (kubeconfig !== undefined || isPod) return findCredentials(kubeconfig);
  const own = join(homedir(), ".kube", "config");
  return findCredentials(process.env["KUBECONFIG"] || (existsSync(own) ? own : undefined));
}
