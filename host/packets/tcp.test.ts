/** TCP where there is no C library for us, as on macOS: sockets without options work, an option is refused by name. */
import { once } from "node:events";
import { createServer } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dialTcp, listenTcp, type TcpEndpoint } from "./tcp.ts";

Object.defineProperty(process, "platform", { value: "darwin" });

const TCP = suite("tcp elsewhere");
const at = (port: number): TcpEndpoint => ({ family: 4, bare: "127.0.0.1", text: "127.0.0.1", port });

TCP("sockets without options work, and those with options are refused by name", async () => {
  const server = createServer((socket) => socket.end("hello"));
  assert.throws(() => listenTcp(server, at(0), { leastHopLimit: 255 }), /^this machine cannot set leastHopLimit: .*on Linux only/);
  const keys = listenTcp(server, at(0), {});
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const [bytes] = (await once(dialTcp(at(port), { localAddress: "127.0.0.1" }), "data")) as [Buffer];
  assert.is(bytes.toString(), "hello");
  assert.throws(() => dialTcp(at(port), { device: "eth0", md5: "key" }), /^this machine cannot set device, md5: /);
  assert.throws(() => keys.setMd5("127.0.0.1", "key"), /^this machine cannot set md5: /);
  keys.setMd5("127.0.0.1", undefined);
  server.close();
});

TCP.run();
