/** Addresses as the kernel reads them: `struct sockaddr_in` and `struct sockaddr_in6`. */

import { AF_INET, AF_INET6 } from "./datagram-layout.ts";
import type { Endpoint } from "./datagram-options.ts";

/** `scope`: index of the link that an IPv6 address is meant on. */
export function socketName({ family, address, udpPort }: Endpoint, scope = 0): Uint8Array {
  const name = new Uint8Array(family === 4 ? 16 : 28);
  const view = new DataView(name.buffer);
  view.setUint16(0, family === 4 ? AF_INET : AF_INET6, true);
  view.setUint16(2, udpPort);
  name.set(family === 4 ? address.subarray(0, 4) : address, family === 4 ? 4 : 8);
  if (family === 6) view.setUint32(24, scope, true);
  return name;
}
