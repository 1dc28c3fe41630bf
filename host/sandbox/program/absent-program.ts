import type { Program } from "../../announcer.ts";

/** What a plugin without a packet program has in its place. */
export function absentProgram(plugin: string): Program {
  const fail = (): never => {
    throw new Error(`Plugin ${plugin} has no packet program: name one in definePlugin({ program })`);
  };
  return { attach: fail, bind: fail, unbind: fail, put: fail, remove: fail, onEvent: fail };
}
