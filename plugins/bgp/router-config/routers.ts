/** The routers that we can write a configuration for, by the names that the command takes. */

import { birdConfig } from "./bird.ts";
import { exabgpConfig } from "./exabgp.ts";
import { frrConfig } from "./frr.ts";
import { gobgpConfig } from "./gobgp.ts";
import { openbgpdConfig } from "./openbgpd.ts";
import type { RouterPlan } from "./router-plan.ts";

export const WRITERS: Readonly<Record<string, (plan: RouterPlan) => string>> = {
  bird: birdConfig,
  frr: frrConfig,
  gobgp: gobgpConfig,
  openbgpd: openbgpdConfig,
  exabgp: exabgpConfig,
};
