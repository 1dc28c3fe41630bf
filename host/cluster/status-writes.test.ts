import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ServiceStatus } from "./service-status.ts";
import { StatusWrites } from "./status-writes.ts";

const writes = suite("status-writes");
const OURS: ServiceStatus = { vips: ["192.0.2.1"], pool: "home" };

/** With somebody who undoes every write of ours at once. */
function fight() {
  const made: string[] = [];
  const told: string[] = [];
  const status = {
    prepare: async () => {},
    records: () => new Map<string, ServiceStatus>(),
    write: async (service: string) => void made.push(service),
  };
  const log = { info: () => {}, warn: (message: string) => void told.push(message) };
  const again = (services: Iterable<string>) => {
    for (const service of services) all.write(service, OURS);
  };
  const all: StatusWrites = new StatusWrites({ status, again, log, written: (service) => setImmediate(() => again([service])) });
  return { made, told, all };
}

writes("a Service that somebody else writes, too, is written some times at once, then once in a while, and told once", async () => {
  const { made, told, all } = fight();
  all.write("web/blog", OURS);
  await wait(3_000);
  const count = made.length;
  assert.ok(count >= 11 && count <= 14, `${count} writes`);
  assert.equal(told, ["Status changes as often as it is written, so that is done less often: another controller may be at it, too"]);
  all.write("web/shop", OURS);
  assert.is(made.at(-1), "web/shop");
  await all.close();
  const last = made.length;
  await wait(2_500);
  assert.is(made.length, last);
});

writes.run();
