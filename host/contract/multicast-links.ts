/** For plugins that speak by multicast: a UDP socket on every link that is fit, as links come, change and go. */

import type { Close, Context, Link } from "../announcer.ts";
import type { UdpSocket } from "./network.ts";
import { type LinkChoice, whyNot } from "./segment-links.ts";

export interface MulticastOptions extends LinkChoice {
  /** The group that is joined, and sent to; its family is that of all that is sent and heard. */
  readonly group: string;
  readonly port: number;
  /** TTL or hop limit of what is sent, 1 to 255. */
  readonly hopLimit: number;
}

/** One link while it stays as it is: with another MAC, or other addresses of the family, it is another. */
export interface MulticastLink {
  readonly link: Link;
  /** To the group, or to one host. Lost where the link has gone meanwhile, as any datagram may be. */
  send(bytes: Uint8Array, to?: { readonly address: string; readonly port: number }): void;
}

export interface MulticastUser {
  opened(on: MulticastLink): void;
  /** Also what this machine sends to the group itself. */
  heard(on: MulticastLink, bytes: Uint8Array, from: { readonly address: string; readonly port: number }): void;
  /** Once for each that was opened. */
  closed(on: MulticastLink): void;
}

interface Place {
  readonly key: string;
  socket?: UdpSocket;
  on?: MulticastLink;
}

const RETRY_MS = 5000;

/**
 * Needs `udp` for the unspecified address, the group, and whatever else is sent to, all on the port. A link is fit where segments are
 * announced on it (`LinkChoice`) and it is up with an address of the family, a link-local one for IPv6.
 */
export function followMulticast(context: Context, options: MulticastOptions, user: MulticastUser): Close {
  const { group, port, hopLimit } = options;
  const family = group.includes(":") ? 6 : 4;
  const places = new Map<string, Place>();
  let closeRetry: Close = () => {};

  const close = (name: string): void => {
    const place = places.get(name);
    places.delete(name);
    place?.socket?.close();
    if (place?.on !== undefined) user.closed(place.on);
  };

  const open = async (link: Link, place: Place): Promise<void> => {
    const address = family === 6 ? "::" : "0.0.0.0";
    const socket = await context.udp.open({ address, port, reuse: true, device: link.name, hopLimit });
    const isCurrent = (): boolean => places.get(link.name) === place;
    if (!isCurrent()) return socket.close();
    place.socket = socket;
    socket.join(group, link.name);
    const on: MulticastLink = {
      link,
      send: (bytes, to = { address: group, port }) => void (isCurrent() && socket.send(bytes, to)),
    };
    place.on = on;
    socket.onMessage((bytes, from) => void (isCurrent() && user.heard(on, bytes, from)));
    user.opened(on);
  };

  const follow = (links: readonly Link[]): void => {
    const fit = new Map(links.filter((link) => isFit(link, family, options)).map((link) => [link.name, link]));
    for (const [name, { key }] of [...places]) {
      const link = fit.get(name);
      if (link === undefined || keyOf(link, family) !== key) close(name);
    }
    for (const [name, link] of fit) {
      if (places.has(name)) continue;
      const place: Place = { key: keyOf(link, family) };
      places.set(name, place);
      open(link, place).catch((error: Error) => {
        if (places.get(name) !== place) return;
        close(name);
        closeRetry();
        context.log.warn("Cannot speak on a link; trying again", { link: name, group, error: error.message });
        closeRetry = context.clock.after(RETRY_MS, () => follow(context.links.all()));
      });
    }
  };

  const stop = context.links.watch(follow);
  return () => {
    stop();
    closeRetry();
    for (const name of [...places.keys()]) close(name);
  };
}

function isFit(link: Link, family: 4 | 6, choice: LinkChoice): boolean {
  const isUsable = ({ address }: { address: string }): boolean => (family === 4 ? !address.includes(":") : /^fe[89ab]/.test(address));
  return link.up && whyNot(link, choice) === undefined && link.addresses.some(isUsable);
}

function keyOf({ mac, addresses }: Link, family: 4 | 6): string {
  const own = addresses.filter(({ address }) => address.includes(":") === (family === 6));
  return [mac, ...own.map(({ address, prefixLength }) => `${address}/${prefixLength}`)].join(" ");
}
