/**
 * The test kit, as its users see it. `createTestHost` starts a plugin on a host that is made for the test: links, frames, UDP, TCP and HTTP in
 * memory, packet programs that are real, and a clock that moves when the test says so. What the host checks is what a speaker checks.
 *
 *   const host = await createTestHost(plugin, { deny: [{ kind: "udp", host: "*:*" }] });
 *   await host.announce("192.0.2.1");
 *   host.frames.send(request);
 *   assert.equal(await host.frames.next(), answer);
 *   await host.close();
 */

import type { Announcement, Announcer, FetchAnswer, Permission, PluginDefinition, Refusal, ServiceInfo } from "../../announcer.ts";

export interface TestHostOptions<Config> {
  /** Default: the plugin's example. */
  readonly config?: Config;
  /** What it is granted. Default: what it asks for. Where it asks for more, it does not start. */
  readonly allow?: readonly Permission[];
  /** What it does not get, whatever was allowed: it starts, and using that is a NotCapable. Default: nothing. */
  readonly deny?: readonly Permission[];
  /** Default: `eth0`, `02:00:00:00:00:00`, with 192.0.2.100/24 and 2001:db8::100/64. */
  readonly links?: readonly TestLink[];
  /** Default: `node-a`. */
  readonly node?: string;
  /** Passwords by the name of their Secret. Default: none. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Services that its rows may name. Default: `default/web`, without annotations. */
  readonly services?: readonly ServiceInfo[];
  /** Answers `context.fetch`. Default: 204, without a body. */
  readonly answer?: (request: TestRequest) => Partial<FetchAnswer>;
  /** Puts stations there before the plugin starts. */
  readonly before?: (network: { readonly frames: FrameSegment; readonly udp: UdpSegment; readonly tcp: TcpSegment }) => unknown;
  /** Bytes of its packet program. Default: read from the path that the definition has, in the working directory. */
  readonly program?: Uint8Array;
}

export interface TestLink {
  readonly name: string;
  readonly mac: string;
  /** `192.0.2.100/24`. Default: none. */
  readonly addresses?: readonly string[];
}

export interface TestRequest {
  readonly url: string;
  readonly method: string;
  /** As they are sent, with Secrets put in. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface TestHost {
  readonly announcer: Announcer;
  /** Adds VIPs, or whole rows. */
  announce(...rows: readonly (string | Announcement)[]): Promise<readonly Refusal[]>;
  withdraw(...vips: readonly string[]): Promise<readonly Refusal[]>;
  /** Moves the clock, and calls what becomes due. A packet program has its own time: with one this waits. */
  pass(ms: number): Promise<void>;
  readonly frames: FrameSegment;
  readonly udp: UdpSegment;
  readonly tcp: TcpSegment;
  /** What it asked of HTTP servers. */
  readonly requests: readonly TestRequest[];
  /** Those that there are from now on. */
  setServices(...services: readonly ServiceInfo[]): Promise<void>;
  /** Of the links that it was started with, those that are there from now on. */
  setLinks(...names: readonly string[]): Promise<void>;
  readonly log: readonly LogLine[];
  /** Samples of its metrics, as Prometheus is told them: `herald_plugin_hello_sent_total{link="eth0"} 2`. */
  metrics(): Promise<readonly string[]>;
  /** What it reported and did not take back, by key. */
  readonly reports: ReadonlyMap<string, string>;
  /** Every use of a permission, in order, with those that were refused. */
  readonly used: readonly { readonly permission: Permission; readonly isAllowed: boolean }[];
  /** Of what it asks for, what it has not used so far. */
  readonly unused: readonly Permission[];
  /** Sockets, timers and watches that it has open. */
  readonly open: number;
  /** Stops it, and closes what it left open. */
  close(why?: "leave" | "replace"): Promise<void>;
}

export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The Ethernet segment that the plugin's links are on. */
export interface FrameSegment {
  /** Puts a frame there, as bytes or in hex; resolves when the plugin has had it. */
  send(frame: Uint8Array | string): Promise<void>;
  /** Those that the plugin has sent, in hex, with the link. */
  readonly sent: readonly { readonly link: string; readonly hex: string }[];
  /** The next one that it sends which `next` has not given yet, in hex. Rejects where none comes within a second. */
  next(): Promise<string>;
}

export interface Datagram {
  readonly bytes: Uint8Array;
  readonly from: { readonly address: string; readonly port: number };
  readonly to: { readonly address: string; readonly port: number };
}

export interface UdpSegment {
  /** Those that the plugin has sent. */
  readonly sent: readonly Datagram[];
  /** A station beside it. */
  peer(address: string, port: number): UdpPeer;
}

export interface UdpPeer {
  readonly received: readonly Datagram[];
  send(bytes: Uint8Array, to: { readonly address: string; readonly port: number }): void;
  join(group: string): void;
  close(): void;
}

export interface TcpSegment {
  /** A station that takes connections; gives what ends that. Elsewhere they are refused. */
  accept(address: string, port: number, call: (peer: TcpPeer) => void): () => void;
  /** Connects to the plugin, where it listens. */
  connect(address: string, port: number): Promise<TcpPeer>;
}

/** The other end of a connection. */
export interface TcpPeer {
  /** All that has come so far. */
  readonly received: Uint8Array;
  readonly isOpen: boolean;
  write(bytes: Uint8Array): void;
  close(): void;
}

export type CreateTestHost = <Config>(plugin: PluginDefinition<Config>, options?: TestHostOptions<Config>) => Promise<TestHost>;
