/** Groups in the kernel, more than one socket may have. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { linkIndex, run } from "../workbench/private-network.ts";
import { insideTests } from "../workbench/testing/inside.ts";
import { libc } from "./libc.ts";
import { kernelGroups } from "./multicast-groups.ts";

const GROUPS = suite("multicast groups");
const inside = insideTests(GROUPS, import.meta.url);
const COUNT = 6000;

/** ff02::1:ff00:0 and those behind it. */
const group = (number: number) => Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 1, number >> 8, number & 255);
const joined = () => run("ip", "-6", "maddress", "show", "dev", "far").match(/ff02::1:ff01:/g)?.length ?? 0;

inside("kernelGroups() joins more groups than one socket may, leaves each, and leaves all at the end", [], () => {
  run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far");
  for (const end of ["near", "far"]) run("ip", "link", "set", end, "up");
  const link = { name: "far", index: linkIndex("far") };
  const groups = kernelGroups(libc());
  for (let number = 0; number < COUNT; number++) groups.join(link, group(number));
  assert.is(joined(), COUNT);
  for (let number = 0; number < COUNT - 10; number++) groups.leave(link.index, group(number));
  assert.is(joined(), 10);
  groups.join(link, group(0));
  assert.is(joined(), 11);
  groups.leave(link.index, group(COUNT));
  groups.close();
  assert.is(joined(), 0);
});

inside("kernelGroups() says where a link has no IPv6, and a link that is gone may be left", [], () => {
  const groups = kernelGroups(libc());
  assert.throws(() => groups.join({ name: "gone", index: 4711 }, group(1)), /^Cannot join an IPv6 group on gone: IPv6 is off there$/);
  const link = { name: "far", index: linkIndex("far") };
  groups.join(link, group(1));
  run("ip", "link", "delete", "far");
  groups.leave(link.index, group(1));
  groups.close();
});

GROUPS.run();
