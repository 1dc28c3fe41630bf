/** `herald bench ndp`: what a Neighbor Advertisement costs, beside others who answer solicitations. */
import { answersBench } from "../answers/answers.ts";
import { ndpFamily } from "../answers/ndp-frames.ts";

export const ndp = answersBench(
  ndpFamily,
  "CPU per Neighbor Advertisement, replies/s, loss and latency, beside responders in C, the kernel's own and ndppd",
);
