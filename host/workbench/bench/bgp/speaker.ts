/**
 * A BGP session of the bench's own: the feeder, from which routers that learn their routes have them, and the replay, which writes the
 * same bytes to the receiver as fast as they go. All UPDATEs are encoded beforehand.
 */
import { connect, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Message } from "../../../contract/bgp.ts";
import { bgp } from "../../../packets/codec/bgp.ts";
import { encodeChanges, type RouteTable, writeChange, writeChanges } from "./routes.ts";

export interface SpeakerSetup extends RouteTable {
  /** Null: it listens, and tells all routes as soon as a session stands. */
  readonly to: string | null;
  readonly address: string;
  readonly asNumber: number;
}

/** Written to it as lines of JSON; each is answered with the time before its first byte, on the clock that all processes share. */
export type Order = "announce" | "withdraw" | { readonly route: number; readonly tag: number };

export interface Answer {
  readonly atNs: string;
}

const BGP_PORT = 179;
const HOLD_SECONDS = 180;
const KEEPALIVE_MS = 20_000;
const RETRY_MS = 20;

/** Prints `ready`, then answers until its input ends. */
export async function runSpeaker(setup: SpeakerSetup): Promise<void> {
  const { to, address } = setup;
  const announcements = encodeChanges(writeChanges(setup, "added"), setup);
  const withdrawals = encodeChanges(writeChanges(setup, "removed"), setup);
  const encode = (order: Order): readonly Uint8Array[] => {
    if (order === "announce") return announcements;
    return order === "withdraw" ? withdrawals : encodeChanges(writeChange(order.route, order.tag), setup);
  };
  const say = (line: unknown): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
  let socket: Socket | undefined;
  const write = async (order: Order): Promise<void> => {
    const chunks = encode(order);
    const atNs = `${process.hrtime.bigint()}`;
    for (const chunk of chunks) socket?.write(chunk);
    await new Promise<void>((resolve) => void (socket === undefined ? resolve() : socket.write("", () => resolve())));
    say({ atNs } satisfies Answer);
  };
  if (to === null) {
    createServer(async (accepted) => {
      await begin(accepted, setup);
      socket = accepted;
      for (const chunk of announcements) accepted.write(chunk);
    }).listen(BGP_PORT, address, () => say("ready"));
  } else {
    socket = await dial(to, address);
    await begin(socket, setup);
    say("ready");
  }
  for await (const line of createInterface({ input: process.stdin })) await write(JSON.parse(line) as Order);
  process.exit();
}

async function dial(host: string, localAddress: string): Promise<Socket> {
  for (;;) {
    const socket = connect({ host, port: BGP_PORT, localAddress });
    const isUp = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    });
    if (isUp) return socket;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** Resolves when the session stands; from then on it is kept alive, and what the peer says is passed over. */
function begin(socket: Socket, { asNumber, address }: SpeakerSetup): Promise<void> {
  const keepalive = bgp.encode({ type: "keepalive" });
  const framer = bgp.createFramer();
  socket.setNoDelay(true);
  socket.write(encodeOpen(asNumber, address));
  return new Promise((resolve, reject) => {
    const timer = setInterval(() => socket.write(keepalive), KEEPALIVE_MS);
    const hear = (message: Message | undefined): void => {
      if (message?.type === "open") socket.write(keepalive);
      if (message?.type === "keepalive") resolve();
      if (message?.type === "notification") reject(new Error(`Cannot feed routes: ${JSON.stringify(message)}`));
    };
    let isUp = false;
    socket.on("data", (piece: Buffer) => {
      if (isUp) return;
      const messages = framer.push(piece).messages.map((bytes) => bgp.decode(bytes).message);
      for (const message of messages) hear(message);
      isUp = messages.some((message) => message?.type === "keepalive");
    });
    socket.on("error", () => {});
    socket.once("close", () => {
      clearInterval(timer);
      reject(new Error("Cannot feed routes: the peer closed the connection"));
    });
  });
}

function encodeOpen(asNumber: number, address: string): Uint8Array {
  return bgp.encode({
    type: "open",
    version: 4,
    myAutonomousSystem: asNumber,
    holdTime: HOLD_SECONDS,
    bgpIdentifier: address,
    capabilities: [
      { name: "multiprotocol", afi: 1, safi: 1 },
      { name: "fourOctetAs", asNumber },
    ],
  });
}
