/** The group of Herald's own resources. Those of MetalLB keep theirs. */
export const API_GROUP = "herald.dev";
