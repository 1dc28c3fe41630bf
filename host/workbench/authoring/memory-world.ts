/** A world in memory for plugins: nothing of it reaches this machine's network. */

import type { FetchAnswer } from "../../announcer.ts";
import type { World } from "../../sandbox/context.ts";
import type { TestRequest } from "./kit.ts";
import { MemoryTcp } from "./memory-tcp.ts";
import { MemoryUdp } from "./memory-udp.ts";

export interface MemoryWorldOptions extends Pick<World, "clock"> {
  /** Addresses of the plugin's machine. Default: none. */
  readonly own?: () => readonly string[];
  /** Answers HTTP. Default: 204, without a body. */
  readonly answer?: (request: TestRequest) => Partial<FetchAnswer>;
}

export interface MemoryWorld extends World {
  readonly udp: MemoryUdp;
  readonly tcp: MemoryTcp;
  readonly requests: readonly TestRequest[];
}

export function memoryWorld({ own = () => [], answer = () => ({}), ...time }: MemoryWorldOptions = {}): MemoryWorld {
  const requests: TestRequest[] = [];
  return {
    ...time,
    udp: new MemoryUdp(own),
    tcp: new MemoryTcp(own),
    requests,
    async http({ url, method, body }, headers) {
      const request = {
        url: url.href,
        method,
        headers,
        body: typeof body === "string" ? new TextEncoder().encode(body) : (body ?? new Uint8Array()),
      };
      requests.push(request);
      return { status: 204, headers: {}, body: new Uint8Array(), ...answer(request) };
    },
  };
}
