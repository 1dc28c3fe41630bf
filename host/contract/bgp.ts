/** BGP-4 as plugins see it. */

export type * from "./bgp-codec.ts";
export type * from "./bgp-messages.ts";
