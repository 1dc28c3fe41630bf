/**
 * HTTP for plugins. The URL's origin is checked against the grants before its name is looked up; every Secret in a header needs its grant,
 * and its password is put in here, so that no plugin, error, log or audit line has it (a server that repeats what it was sent tells it,
 * of course).
 *
 * Nothing is kept between two requests: no cookies, no cache, no connection. Redirections are answers. No proxy is used, whatever the
 * environment names. A name must not lead back to this machine: what its owner makes it resolve to could be the kubelet. Where that is
 * wanted, the address itself, or `localhost`, is what to grant.
 */

import { type LookupAddress, lookup } from "node:dns";
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { BlockList, type LookupFunction } from "node:net";
import { networkInterfaces } from "node:os";
import type { Fetch, FetchAnswer, SecretText } from "../../announcer.ts";
import type { Opened } from "../opened.ts";
import type { Grants } from "../permissions/grants.ts";
import { originText } from "../permissions/origin-scope.ts";
import { type HttpRequest, isHeaderText, MOST_BODY_BYTES, readRequest } from "./fetch-request.ts";
import { noSecrets, readPassword, type SecretSource } from "./secrets.ts";

/** Of one plugin, at once. */
const MOST_REQUESTS = 16;

/** Sends a request and settles in every case: answered, refused, too late, too long, or closed with the plugin. */
export type Exchange = (request: HttpRequest, headers: Readonly<Record<string, string>>, opened: Opened) => Promise<FetchAnswer>;

export function createFetch(grants: Grants, opened: Opened, secrets: SecretSource = noSecrets, exchange: Exchange = exchangeByHttp): Fetch {
  let inFlight = 0;
  return async (text, options = {}) => {
    const request = readRequest(text, options);
    const origin = originText(request.origin);
    grants.demand({ kind: "fetch", origin });
    const headers = request.headers.map(([name, value]) => [name, typeof value === "string" ? value : withPassword(value)] as const);
    if (opened.hasEnded) throw opened.ended();
    if (inFlight >= MOST_REQUESTS) throw new Error(`Cannot fetch ${origin}: ${inFlight} requests have no answer yet, expected fewer`);
    inFlight += 1;
    try {
      return await exchange(request, Object.fromEntries(headers), opened);
    } catch (cause) {
      throw new Error(`Cannot fetch ${origin}: ${(cause as Error).message}`);
    } finally {
      inFlight -= 1;
    }
  };

  function withPassword({ secret, before = "" }: SecretText): string {
    const password = readPassword({ secret }, grants, secrets);
    if (!isHeaderText(password)) throw new Error(`Secret ${secret} cannot stand in a header: expected visible ASCII`);
    return `${before}${password}`;
  }
}

async function exchangeByHttp(wanted: HttpRequest, headers: Readonly<Record<string, string>>, opened: Opened): Promise<FetchAnswer> {
  const { url, method, body, timeoutMs } = wanted;
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  const request = send(url, { method, headers, agent: false, lookup: lookUpElsewhere, rejectUnauthorized: true });
  const close = opened.add(() => request.destroy(new Error("closed meanwhile")));
  const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    return await answered(request, () => request.end(body));
  } finally {
    clearTimeout(timer);
    close();
  }
}

async function answered(request: ClientRequest, send: () => void): Promise<FetchAnswer> {
  return new Promise((resolve, reject) => {
    request.on("error", reject);
    request.on("close", () => reject(new Error("the connection was closed"))); // harmless where it has settled
    request.on("response", (response) => {
      // One room for all: as parts, a megabyte that comes byte by byte would take hundreds. What is not written to takes no memory.
      const room = new Uint8Array(MOST_BODY_BYTES);
      let length = 0;
      response.on("error", reject);
      response.on("data", (chunk: Uint8Array) => {
        if (length + chunk.length > room.length) request.destroy(new Error(`the answer is longer than ${room.length} bytes`));
        else room.set(chunk, length);
        length += chunk.length;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: headersOf(response), body: room.slice(0, length) }));
    });
    send();
  });
}

/** A name that came several times has its values joined, as RFC 9110 §5.3 "Field Order" allows. */
function headersOf({ headersDistinct }: IncomingMessage): FetchAnswer["headers"] {
  return Object.fromEntries(Object.entries(headersDistinct).map(([name, values = []]) => [name, values.join(", ")]));
}

/** Loopback, unspecified and link-local: this machine, and what clouds tell machines about themselves. */
const HERE = new BlockList();
HERE.addSubnet("0.0.0.0", 8, "ipv4");
HERE.addSubnet("127.0.0.0", 8, "ipv4");
HERE.addSubnet("169.254.0.0", 16, "ipv4");
HERE.addSubnet("::", 127, "ipv6");
HERE.addSubnet("fe80::", 10, "ipv6");
/** Of Amazon and of Google: as 169.254.169.254, for IPv6. */
for (const address of ["fd00:ec2::254", "fd20:ce::254"]) HERE.addAddress(address, "ipv6");

/** Whether an address is one of this machine: of loopback and its like, or of one of its links. */
export function leadsHere(address: string, links: readonly { readonly address: string }[] = ownAddresses()): boolean {
  const here = new BlockList();
  for (const { address: own } of links) here.addAddress(own, familyOf(own));
  return [HERE, here].some((list) => list.check(address, familyOf(address)));
}

function ownAddresses(): readonly { readonly address: string }[] {
  return Object.values(networkInterfaces()).flatMap((all = []) => all);
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return address.includes(":") ? "ipv6" : "ipv4";
}

/** As Node looks up names; addresses are not looked up at all. */
const lookUpElsewhere: LookupFunction = (name, options, call) => {
  lookup(name, { ...options, all: true }, (error, found: readonly LookupAddress[] = []) => {
    const isHome = name === "localhost" || name.endsWith(".localhost");
    const good = found.filter(({ address }) => isHome || !leadsHere(address));
    const [first] = good;
    const failure = error ?? (first === undefined ? new Error(`${name} is an address of this machine`) : undefined);
    if (failure !== undefined) return call(failure, []);
    if (options.all) call(null, [...good]);
    else call(null, (first as LookupAddress).address, (first as LookupAddress).family);
  });
};
