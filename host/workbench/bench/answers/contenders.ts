/** Who answers in the benches of neighbor answers. */

export const heraldDrivers = ["poll", "event-loop", "guarded"] as const;
/** Herald's responders: by how the packet worker sleeps, or as a program that is not built in, in the guarded worker. */
export type HeraldDriver = (typeof heraldDrivers)[number];

/** In tables and in `--json`, in their order. */
export const names = {
  poll: "Herald",
  "event-loop": "Herald, event loop",
  guarded: "Herald, guarded",
  batched: "C, batched",
  single: "C, one call a frame",
  kernel: "kernel",
  farpd: "farpd",
  ndppd: "ndppd",
  /** The kernel's own work is what a request costs the sender more than here. */
  nobody: "nobody",
} as const;
