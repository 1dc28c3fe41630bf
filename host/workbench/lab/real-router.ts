/** `herald lab --router bird` or `frr`: a real one, as operators run it, which is asked for its table again and again. */

import { type RouterName, routerNeeds, type SeenRoute, startRouter } from "../bgp-peers/routers.ts";
import type { Requirement } from "../testing/requirements.ts";
import type { Learned, SessionState } from "./learned-routes.ts";
import type { RouterPlan } from "./router-plan.ts";
import type { OnHost, RouterHooks, RouterProgram, RunningRouter } from "./running-router.ts";

export const REAL_ROUTERS = ["bird", "frr"] as const satisfies readonly RouterName[];
export type RealRouter = (typeof REAL_ROUTERS)[number];

const LOOK_MS = 100;
const FAMILIES = [4, 6] as const;

/** FRR's daemons look for groups that a user namespace does not have. */
const REAL_ROOT: Requirement = { what: "root", remedy: "run as root, or take bird", isMet: () => process.getuid?.() === 0 };

/** One line for whoever has to install it; undefined: it is there. */
export function whatRouterNeeds(name: RealRouter): string | undefined {
  const missing = [...routerNeeds(name), ...(name === "frr" ? [REAL_ROOT] : [])].find((requirement) => !requirement.isMet());
  return missing && `Cannot have ${name} for a router: it needs ${missing.what} (${missing.remedy})`;
}

export function realRouter(name: RealRouter): RouterProgram {
  return { start: (...args) => start(name, ...args), fixed: (plan) => plan };
}

async function start(name: RealRouter, plan: RouterPlan, on: OnHost, { onChange, onLost }: RouterHooks): Promise<RunningRouter> {
  const router = await startRouter(name, on, {
    ...{ asNumber: plan.asNumber, routerId: plan.own.ipv4, port: plan.port },
    neighbors: plan.neighbors.map(({ address, asNumber, key }) => ({
      at: { address, localAddress: plan.address },
      // The router's link has no subnet, so that it knows no way to a VIP but those that it learns.
      ...{ asNumber, families: FAMILIES, passive: true, multihop: true },
      ...(key === undefined ? {} : { password: key }),
    })),
  });
  let learned: Learned = { routes: new Map(), sessions: new Map() };
  let isStopping = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    const next = { routes: tableOf(await router.routes()), sessions: await sessionsOf(plan, router) };
    const isNew = textOf(next) !== textOf(learned);
    learned = next;
    if (isStopping) return;
    if (isNew) onChange();
    timer = setTimeout(follow, LOOK_MS);
  };
  const follow = (): void => void look().catch((error: Error) => isStopping || onLost(error.message));
  follow();
  return {
    get learned() {
      return learned;
    },
    async stop() {
      isStopping = true;
      clearTimeout(timer);
      await router.stop();
    },
  };
}

function tableOf(routes: readonly SeenRoute[]): Map<string, readonly string[]> {
  const table = new Map<string, readonly string[]>();
  for (const { prefix, nextHops } of routes) table.set(prefix, [...new Set([...(table.get(prefix) ?? []), ...nextHops])].sort());
  return table;
}

async function sessionsOf({ neighbors }: RouterPlan, router: Awaited<ReturnType<typeof startRouter>>): Promise<Map<string, SessionState>> {
  const states = neighbors.map(async ({ address }): Promise<[string, SessionState]> => {
    const { state } = await router.session(address);
    return [address, state === "established" ? { isUp: true } : { isUp: false, reason: `${router.name} says ${state || "nothing of it"}` }];
  });
  return new Map(await Promise.all(states));
}

function textOf({ routes, sessions }: Learned): string {
  return JSON.stringify([[...routes].sort(), [...sessions]]);
}
