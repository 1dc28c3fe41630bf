/** A service manager's end of the socket that services notify. */

import { errnoName, libc } from "../../packets/libc.ts";
import { unixName } from "../../packets/notify-socket.ts";
import { AF_UNIX, SOCK_CLOEXEC, SOCK_DGRAM } from "../../packets/socket-numbers.ts";

export interface Notified {
  /** Datagrams so far. */
  readonly heard: string[];
  close(): void;
}

/** Binds `place`: a path, or `@` and a name. */
export function listenForNotices(place: string): Notified {
  const c = libc();
  const name = unixName(place);
  const fd = c.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (c.bind(fd, name, name.length) < 0) throw new Error(`Cannot bind ${place}: ${errnoName(c.errno())}`);
  const heard: string[] = [];
  const buffer = new Uint8Array(4096);
  const watch = c.watch(fd, () => {
    const length = c.recv(fd, buffer, buffer.length, 0);
    if (length >= 0) heard.push(Buffer.from(buffer.subarray(0, length)).toString());
  });
  return {
    heard,
    close() {
      watch.close();
      c.close(fd);
    },
  };
}
