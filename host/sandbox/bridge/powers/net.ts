/**
 * TCP. Bytes to the plugin keep to its credits: where it is slow, the host does not read, and the peer waits. Bytes from it are counted by the
 * host until the kernel has taken them; who writes to a peer that does not read loses that connection.
 */

import type { Connection, Listener, Net } from "../../../announcer.ts";
import type { Methods } from "../../cell/channel.ts";
import { readPeerAddress } from "../../powers/socket-address.ts";
import { demandFunction, type FarSide } from "../far-side.ts";
import { MOST_HANDLES } from "../handles.ts";
import type { Lender } from "../lender.ts";
import { bytes, either, finite, messageOf, object, optional, text, whole } from "../read.ts";
import { address, handle, linkName, newHandle, port } from "./addresses.ts";
import { type Ends, FarConnection } from "./far-connection.ts";
import { secretName } from "./secrets.ts";

const LONGEST_PIECE = 64 * 1024;
/** Of a plugin's connections together. */
const MOST_PENDING_BYTES = 16 * 1024 * 1024;
const secret = either(object({ text: text(1024) }), object({ secret: secretName }));
const tcpOptions = { device: optional(linkName), hopLimit: optional(whole(0, 255)), leastHopLimit: optional(whole(0, 255)) };
const connectOptions = object({
  ...{ address, port, ...tcpOptions },
  sourceAddress: optional(address),
  timeoutMs: optional(finite),
  md5: optional(secret),
});
const listenOptions = object({ address, port, ...tcpOptions });

export function lendNet(lender: Lender): Methods {
  const { context, handles, channel } = lender;
  const pending = new Pending();
  const unsigned = new Unsigned();
  const follow = (id: number, connection: Connection): void => {
    connection.onData((data) => lender.pour(id, "data", data));
    connection.onClose((error) => {
      handles.forget(id);
      pending.end(id);
      lender.closed(id, error === undefined ? null : error.message);
    });
  };
  const write = (id: number, data: Uint8Array): void => {
    const connection = handles.get<Connection>(id, "connection");
    if (!pending.add(id, data.length)) {
      handles.close(id);
      throw new Error(`more than ${MOST_PENDING_BYTES} bytes wait for peers that do not read`);
    }
    connection.write(data, () => {
      pending.taken(id, data.length);
      channel.tell("hear", [id, "written", data.length]);
    });
  };
  const accept = (listener: number, connection: Connection): void => {
    try {
      if (unsigned.has(listener, connection.remoteAddress)) throw new Error("it could not be had signed");
      const id = handles.give();
      handles.put(id, "connection", connection, () => connection.close());
      channel.tell("hear", [listener, "accepted", id, endsOf(connection)]);
      follow(id, connection);
    } catch (error) {
      connection.close();
      lender.complain("Refused a connection to the plugin", messageOf(error));
    }
  };
  return {
    "net.connect": lender.called([newHandle, connectOptions], async (id, options) => {
      const connection = await handles.open(id, "connection", () => context.net.connect(options));
      follow(id, connection);
      return endsOf(connection);
    }),
    "net.write": lender.told("bytes of a connection", [handle, bytes(LONGEST_PIECE)], write),
    "net.listen": lender.called([newHandle, listenOptions], async (id, options) => {
      const listen = () => context.net.listen(options, (connection) => accept(id, connection));
      const { port } = await handles.open(id, "listener", listen);
      return port;
    }),
    "net.setMd5": lender.told("to sign a peer's connections", [handle, address, optional(secret)], (id, peer, key) => {
      unsigned.add(id, peer);
      handles.get<Listener>(id, "listener").setMd5(peer, key);
      unsigned.delete(id, peer);
    }),
  };
}

/** Bytes that the plugin wrote and no kernel has taken. */
class Pending {
  readonly #bytes = new Map<number, number>();
  #all = 0;

  /** False where it would be too much. */
  add(id: number, bytes: number): boolean {
    if (this.#all + bytes > MOST_PENDING_BYTES) return false;
    this.#bytes.set(id, (this.#bytes.get(id) ?? 0) + bytes);
    this.#all += bytes;
    return true;
  }

  taken(id: number, bytes: number): void {
    const left = this.#bytes.get(id);
    if (left === undefined) return;
    this.#bytes.set(id, left - bytes);
    this.#all -= bytes;
  }

  end(id: number): void {
    this.#all -= this.#bytes.get(id) ?? 0;
    this.#bytes.delete(id);
  }
}

/**
 * Peers of listeners whose connections the plugin wanted signed, in vain: it does not hear that they are not, so none of theirs reaches it.
 */
class Unsigned {
  readonly #peers = new Set<string>();

  has(listener: number, address: string): boolean {
    return this.#peers.size > 0 && this.#peers.has(this.#key(listener, address));
  }

  add(listener: number, address: string): void {
    if (this.#peers.size >= MOST_HANDLES) throw new Error("too many peers that cannot be signed for");
    this.#peers.add(this.#key(listener, address));
  }

  delete(listener: number, address: string): void {
    this.#peers.delete(this.#key(listener, address));
  }

  #key(listener: number, address: string): string {
    return `${listener} ${readPeerAddress(address).bare}`;
  }
}

function endsOf({ localAddress, remoteAddress }: Connection): Ends {
  return { localAddress, remoteAddress };
}

export function borrowNet(far: FarSide): Net {
  return {
    async connect(options) {
      const connection = new FarConnection(far);
      const id = far.open(connection.ears);
      try {
        const ends = await far.call("net.connect", id, { ...options });
        return connection.open(id, ends as Ends);
      } catch (error) {
        far.forget(id);
        throw error;
      }
    },
    async listen(options, accept) {
      demandFunction("net.listen", accept);
      const id = far.open({
        accepted(given, ends) {
          const connection = new FarConnection(far);
          far.listen(given as number, connection.ears);
          far.run("net.listen", accept, connection.open(given as number, ends as Ends));
        },
      });
      try {
        const bound = await far.call("net.listen", id, { ...options });
        return far.harden<Listener>({
          port: bound as number,
          setMd5: (peer, md5) => far.tell("net.setMd5", id, peer, md5),
          close: far.closer(id),
        });
      } catch (error) {
        far.forget(id);
        throw error;
      }
    },
  };
}
