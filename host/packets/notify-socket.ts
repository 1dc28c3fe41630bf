/**
 * The socket on which a service manager hears of its service: AF_UNIX datagrams, which Node does not offer. `sd_notify(3)` has the
 * protocol, unix(7) the address.
 */

import { errnoName, libc } from "./libc.ts";
import { AF_UNIX, MSG_DONTWAIT, MSG_NOSIGNAL, SOCK_CLOEXEC, SOCK_DGRAM } from "./socket-numbers.ts";

/** `sizeof sun_path`. */
const PATH_BYTES = 108;

/** Why this is no place of such a socket; undefined: it may be one. A path, or with `@` first a name of the abstract namespace. */
export function unixNameProblem(place: string): string | undefined {
  if (!/^[/@]./.test(place)) return "expected an absolute path, or @ and a name";
  // A path ends with a zero byte; an abstract name begins with one.
  if (Buffer.byteLength(place) >= PATH_BYTES) return `expected fewer than ${PATH_BYTES} bytes`;
  return undefined;
}

/** `struct sockaddr_un`, as long as it counts. */
export function unixName(place: string): Uint8Array {
  const isAbstract = place.startsWith("@");
  const path = Buffer.from(isAbstract ? `\0${place.slice(1)}` : `${place}\0`);
  const name = new Uint8Array(2 + path.length);
  name.set(new Uint8Array(new Uint16Array([AF_UNIX]).buffer)); // in the processor's own byte order
  name.set(path, 2);
  return name;
}

export interface NotifySocket {
  /** Undefined: sent; else the name of what went wrong. Never waits: a manager that does not read loses what it is told. */
  send(text: string): string | undefined;
  close(): void;
}

/** `place` must be a good one. Throws where there is no socket to be had. Nobody has to listen yet, and whoever does may come and go. */
export function openNotifySocket(place: string): NotifySocket {
  const c = libc();
  const name = unixName(place);
  const fd = c.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw new Error(`Cannot open a Unix socket: ${errnoName(c.errno())}`);
  return {
    send(text) {
      const bytes = Buffer.from(text);
      const sent = c.sendto(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL, name, name.length);
      return sent < 0 ? errnoName(c.errno()) : undefined;
    },
    close: () => void c.close(fd),
  };
}
