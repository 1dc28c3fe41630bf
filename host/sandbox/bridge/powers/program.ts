/** The packet program: its rows go to the host in parts, its events come back as far as the plugin keeps up with them. */

import type { Program, ProgramRow, Refusal } from "../../../announcer.ts";
import type { Methods, Plain } from "../../cell/channel.ts";
import { demandFunction, type FarSide } from "../far-side.ts";
import type { Lender } from "../lender.ts";
import { inParts } from "../parts.ts";
import { bytes, flag, list, object, oneOf, optional, orNull, whole } from "../read.ts";
import { address, linkName, newHandle, port } from "./addresses.ts";

/** Of one message. */
const MOST_ROWS = 500;
const MOST_LINKS = 256;
const datagramPort = whole(0, 255);

/** No succession: who owns what is nothing that a plugin may say. */
const row = object({
  address,
  links: orNull(list(linkName, MOST_LINKS)),
  state: oneOf("active", "standby", "draining"),
  attributes: optional(bytes(64)),
});
const binding = object({ address, port, hopLimit: optional(whole(0, 255)), link: optional(linkName), reuse: optional(flag) });
const attachOptions = object({ promiscuous: optional(flag) });

export function lendProgram(lender: Lender): Methods {
  const { program } = lender.context;
  return {
    "program.attach": lender.called([list(linkName, MOST_LINKS), attachOptions], (links, options) => program.attach(links, options)),
    "program.bind": lender.called([datagramPort, binding], (at, options) => program.bind(at, options)),
    "program.unbind": lender.called([datagramPort], (at) => program.unbind(at)),
    "program.put": lender.called([list(row, MOST_ROWS)], (rows) => program.put(rows)),
    "program.remove": lender.called([list(address, MOST_ROWS), list(address, MOST_ROWS)], (addresses, moved) =>
      program.remove(addresses, new Set(moved)),
    ),
    "program.listen": lender.told("to tell the program's events", [newHandle], (id) =>
      lender.handles.watch(id, () => program.onEvent((event) => lender.sprinkle(id, "event", [{ ...event }]))),
    ),
  };
}

export function borrowProgram(far: FarSide): Program {
  return {
    async attach(links, { promiscuous } = {}) {
      await far.call("program.attach", links, { promiscuous });
    },
    bind: async (at, options) => (await far.call("program.bind", at, options)) as number,
    async unbind(at) {
      await far.call("program.unbind", at);
    },
    async put(rows) {
      const refusals: Refusal[] = [];
      for (const [part] of inParts(rows.map(plainRow))) refusals.push(...((await far.call("program.put", part)) as unknown as Refusal[]));
      return refusals;
    },
    async remove(addresses, moved) {
      const rows = addresses.map((address) => [address, moved?.has(address) === true] as const);
      for (const [part] of inParts(rows)) {
        const flagged = part.filter(([, isMoved]) => isMoved);
        await far.call(
          "program.remove",
          part.map(([address]) => address),
          flagged.map(([address]) => address),
        );
      }
    },
    onEvent(call) {
      demandFunction("program.onEvent", call);
      const id = far.open({
        event(event) {
          far.run("program.onEvent", call, far.harden(event));
          far.taken(id, EVENT_BYTES);
        },
      });
      far.tell("program.listen", id);
      return far.closer(id);
    },
  };
}

/** As the host counts it. */
const EVENT_BYTES = 128;

function plainRow({ address, links, state, attributes }: ProgramRow): Plain {
  return { address, links, state, attributes };
}
