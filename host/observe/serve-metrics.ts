/** `/metrics`: over HTTPS to whom the cluster lets, or plainly where no one else can ask. */

import type { IncomingMessage } from "node:http";
import { TEXT_TYPE, toText } from "./exposition.ts";
import { type GetPlace, type GetServer, type Reply, serveGet } from "./get-server.ts";
import type { MetricsRegistry } from "./metrics.ts";

/** Whether somebody may read the metrics, and what to say where not. */
export type Access = "allowed" | "unauthorized" | "forbidden" | "unavailable";

export interface MetricsServing {
  readonly metrics: Pick<MetricsRegistry, "read">;
  /** Of a bearer token; absent: whoever reaches the port may read. */
  readonly access?: (token: string) => Promise<Access>;
}

const REFUSALS: Readonly<Record<Exclude<Access, "allowed">, Reply>> = {
  unauthorized: { status: 401, text: "Expected a bearer token that the cluster knows\n", headers: { "www-authenticate": "Bearer" } },
  forbidden: { status: 403, text: "Expected one who may get the URL /metrics, by a ClusterRole with nonResourceURLs\n" },
  unavailable: { status: 503, text: "The API server does not say who may read\n", headers: { "retry-after": "5" } },
};
/** RFC 6750 §2.1 "Authorization Request Header Field". */
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

export function serveMetrics(place: Omit<GetPlace, "what">, { metrics, access }: MetricsServing): Promise<GetServer> {
  let text: Promise<string> | undefined;
  // Who asks while it is made gets the same: many askers cost no more than one.
  const read = () =>
    (text ??= metrics
      .read()
      .then(toText)
      .finally(() => (text = undefined)));
  return serveGet(
    { ...place, what: "metrics" },
    {
      "/metrics": async (request) => {
        const found = access === undefined ? "allowed" : await judge(request, access);
        return found === "allowed" ? { status: 200, text: await read(), type: TEXT_TYPE } : REFUSALS[found];
      },
    },
  );
}

async function judge({ headers }: IncomingMessage, access: (token: string) => Promise<Access>): Promise<Access> {
  const token = BEARER.exec(headers.authorization ?? "")?.[1];
  return token === undefined ? "unauthorized" : access(token);
}
