/**
 * What a kubelet asks: `/healthz`, is it to be restarted, and `/readyz`, is it to be counted on. That there is an answer at all says that the
 * main thread turns. Ready is ready: an API server that goes away afterwards takes nothing from what is announced.
 */

import { type GetPlace, type GetServer, type Reply, serveGet } from "./get-server.ts";

export interface Health {
  /** Why this process is beyond help; undefined: it is well. */
  problem(): string | undefined;
  isReady(): boolean;
}

export function serveHealth(place: Pick<GetPlace, "address" | "port">, { problem, isReady }: Health): Promise<GetServer> {
  return serveGet(
    { ...place, what: "health", flag: "--health-probe-port" },
    {
      "/healthz": () => reply(problem()),
      "/readyz": () => reply(problem() ?? (isReady() ? undefined : "The first view of the cluster has not been acted on yet")),
    },
  );
}

function reply(problem: string | undefined): Reply {
  return problem === undefined ? { status: 200, text: "ok" } : { status: 503, text: `${problem}\n` };
}
