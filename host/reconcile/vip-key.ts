/** A VIP as the key of a route row, and back. */

import type { RouteKey } from "../packets/route-row.ts";
import { formatAddress, parseAddress } from "../rules/addresses.ts";

/** The host route of a VIP; undefined where the text is no address. */
export function vipKey(vip: string): RouteKey | undefined {
  const address = parseAddress(vip);
  if (address === undefined) return undefined;
  const bytes = address.family === 4 ? 4 : 16;
  const prefix = Buffer.from(address.value.toString(16).padStart(bytes * 2, "0"), "hex");
  return { family: address.family, prefixLength: bytes * 8, prefix };
}

/** Canonical text of a host route's address. */
export function vipOf({ family, prefix }: RouteKey): string {
  return formatAddress({ family, value: BigInt(`0x${Buffer.from(prefix).toString("hex")}`) });
}
