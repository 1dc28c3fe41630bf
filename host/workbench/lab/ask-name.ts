/** Asks whoever is behind a VIP for its name. */

import { createSocket } from "node:dgram";
import { connect } from "node:net";
import type { Target } from "./ground.ts";

const TIMEOUT_MS = 1000;
/** RFC 863 "Discard Protocol": where no port can be asked, one datagram makes the kernel resolve the VIP all the same. */
const DISCARD = 9;

/** Undefined where nobody answers. Never throws: not to reach somebody is a result. */
export function askName({ vip, port }: Target): Promise<string | undefined> {
  return port?.protocol === "TCP" ? askTcp(vip, port.port) : askUdp(vip, port?.port ?? DISCARD);
}

function askTcp(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect({ host, port });
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
    socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    socket.on("error", () => {});
    socket.on("close", () => resolve(lastLine(text)));
  });
}

/** A connected socket is told of ICMP errors and of a VIP that does not resolve. */
function askUdp(address: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    const end = (text = ""): void => {
      clearTimeout(timer);
      socket.close();
      resolve(lastLine(text));
    };
    const timer = setTimeout(end, TIMEOUT_MS);
    socket.once("error", () => end());
    socket.once("message", (message) => end(message.toString()));
    socket.connect(port, address, () => socket.send("name?\n"));
  });
}

function lastLine(text: string): string | undefined {
  return text.trim().split("\n").at(-1) || undefined;
}
