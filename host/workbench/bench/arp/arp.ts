/** `herald bench arp`: what an ARP reply costs, beside others who answer. */

import { answersBench } from "../answers/answers.ts";
import { arpFamily } from "../answers/arp-frames.ts";

export const arp = answersBench(
  arpFamily,
  "CPU per ARP reply, replies/s, loss and latency, beside responders in C, the kernel's own and farpd",
);
