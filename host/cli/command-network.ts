/** The network of this machine for a plugin's command: the user's own hand, so nothing is denied. */

import type { CommandNetwork } from "../announcer.ts";
import { Opened } from "../sandbox/opened.ts";
import { Grants } from "../sandbox/permissions/grants.ts";
import { createClock } from "../sandbox/powers/clock.ts";
import { codecs } from "../sandbox/powers/codecs.ts";
import { createNet } from "../sandbox/powers/tcp.ts";

export function openCommandNetwork(): CommandNetwork {
  const opened = new Opened("command");
  const grants = new Grants("command", [
    { kind: "net", host: "*:*" },
    { kind: "listen", host: "*:*" },
  ]);
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  return { net: createNet(grants, opened), clock: createClock(opened), codec: codecs, stopped, close: () => opened.end() };
}
