/**
 * The context of one plugin: everything that it can do, cut to its grants. What was opened through it is closed with it, in
 * whatever state the plugin left it.
 */

import type { Context, Frames, Log, Permission, Program } from "../announcer.ts";
import type { RawFrames } from "../packets/frame-socket.ts";
import type { LinkSource } from "../packets/links.ts";
import type { MetricsRegistry } from "../observe/metrics.ts";
import { createClock } from "./clock.ts";
import type { Grants } from "./grants.ts";
import { createNet, createUdp, type Open } from "./net.ts";

export interface ContextParts {
  readonly node: string;
  readonly plugin: string;
  readonly grants: Grants;
  readonly log: Log;
  readonly metrics: MetricsRegistry;
  readonly links: LinkSource;
  readonly frames: RawFrames;
  /** Undefined for a plugin without a packet program. */
  readonly program: Program | undefined;
  readonly onReport: (key: string, state: string) => void;
}

export function createContext(parts: ContextParts): { context: Context; close(): void } {
  const { node, plugin, grants, log, metrics, links } = parts;
  const open: Open = new Set();
  const clock = createClock();
  const context: Context = {
    node,
    log,
    metrics,
    clock,
    links: {
      all: () => links.all(),
      watch(call) {
        const closer = { close: links.watch(call) };
        open.add(closer);
        return () => open.delete(closer) && closer.close();
      },
      id: (name) => links.id(name),
    },
    program: parts.program ?? absentProgram(plugin),
    frames: createFrames(parts, open),
    net: createNet(grants, open),
    udp: createUdp(grants, open),
    permissions: { query: (permission) => (grants.allows(permission) ? "granted" : "denied") },
    report: parts.onReport,
  };
  return {
    context,
    close() {
      clock.close();
      for (const { close } of [...open].reverse()) close();
      open.clear();
    },
  };
}

function createFrames({ grants, links, frames }: ContextParts, open: Open): Frames {
  return {
    async open({ link: name, etherType, ipProtocol }) {
      const match = { etherType, ...(ipProtocol === undefined ? {} : { ipProtocol }) };
      grants.demand({ kind: "frame", link: name, ...match });
      const link = links.all().find((candidate) => candidate.name === name);
      if (link === undefined) throw new Error(`Cannot open frames on ${name}: no such link; links are ${links.all().map((known) => known.name).join(", ")}`);
      const listeners: ((frame: Uint8Array) => void)[] = [];
      const socket = frames.open(link, match, (frame) => {
        for (const call of listeners) call(frame);
      });
      open.add(socket);
      return {
        send(frame) {
          const permission = frameOf(frame, name, match);
          // The link's own MAC is always granted; another one must be.
          grants.demand(permission.sourceMac === link.mac ? { kind: "frame", link: name, ...match } : permission);
          if (permission.etherType !== etherType) throw new Error(`Cannot send a frame of EtherType 0x${permission.etherType.toString(16)} on a socket opened for 0x${etherType.toString(16)}`);
          socket.send(frame);
        },
        onFrame: (call) => void listeners.push(call),
        close: () => open.delete(socket) && socket.close(),
      };
    },
  };
}

/** What a frame claims to be, as the permission that it would need. */
function frameOf(frame: Uint8Array, link: string, match: { ipProtocol?: number }): Permission & { kind: "frame"; sourceMac: string } {
  if (frame.length < 14) throw new Error(`Cannot send a frame of ${frame.length} bytes: an Ethernet header has 14`);
  const sourceMac = Array.from(frame.subarray(6, 12), (byte) => byte.toString(16).padStart(2, "0")).join(":");
  return { kind: "frame", link, etherType: ((frame[12] as number) << 8) | (frame[13] as number), sourceMac, ...match };
}

function absentProgram(plugin: string): Program {
  const fail = (): never => {
    throw new Error(`Plugin ${plugin} has no packet program: name one in definePlugin({ program })`);
  };
  return { attach: fail, put: fail, remove: fail, onEvent: fail };
}
