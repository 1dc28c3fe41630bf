/** What one session is told, message by message, by a connection that takes as much as the test says. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Announcement, Bgp } from "../../../host/announcer.ts";
import { bgp as codec } from "../../../host/packets/codec/bgp.ts";
import { RouteTables } from "../../../host/packets/routes.ts";
import type { LocalEnd } from "../next-hop.ts";
import { announce } from "../test-stage.ts";
import { AdjRibOut, type AdjRibOutParts } from "./adj-rib-out.ts";
import { DesiredRoutes } from "./desired-routes.ts";

const OUT = suite("bgp adj-rib-out");

const BOTH = [
  { afi: 1, safi: 1 },
  { afi: 2, safi: 1 },
];
type Negotiated = AdjRibOutParts["established"]["negotiated"];

const agree = (parts: Partial<Negotiated> = {}): Negotiated => ({
  ...{ localAs: 65001, peerAs: 64512, isInternal: false, peerIdentifier: "192.0.2.254", holdTimeMs: 90_000, keepaliveMs: 30_000 },
  ...{ families: BOTH, routeRefresh: true, enhancedRouteRefresh: false },
  format: { fourOctetAs: true, extendedMessage: false, extendedNextHop: [], isInternal: false },
  ...parts,
});

const END: LocalEnd = { address: "192.0.2.1", family: 4, link: { ipv4: "192.0.2.1", ipv6: "2001:db8::a" }, isDirect: false };
const RESTART = { gracefulRestart: { peerRestarted: false, peerRestartTimeSeconds: 120, notification: true, families: [] } };

/** One line a message: `+198.51.100.1/32 via 192.0.2.1`, `-198.51.100.1/32`, `end 4`, `refresh 4 begins`. */
class Stage {
  readonly routes = new DesiredRoutes(() => new RouteTables(), codec);
  readonly lines: string[] = [];
  readonly reports: string[] = [];
  end = END;
  pendingBytes = 0;
  taken: (() => void)[] = [];
  readonly out: AdjRibOut;

  constructor(rows: readonly Announcement[], negotiated: Negotiated = agree(), end = END) {
    this.end = end;
    this.apply(rows);
    this.routes.addPeer("router");
    const pending = (): number => this.pendingBytes;
    const connection = {
      ...{ localAddress: "192.0.2.1", remoteAddress: "192.0.2.254" },
      get pendingBytes() {
        return pending();
      },
    };
    const established = {
      ...{ connection, negotiated },
      send: (message: Bgp.Message) => this.#note(codec.encode(message, negotiated.format)),
      write: (bytes: Uint8Array, taken?: () => void) => {
        this.#note(bytes);
        if (taken !== undefined) this.taken.push(taken);
      },
    };
    this.out = new AdjRibOut({
      ...{ peer: "router", routes: this.routes, codec, established, localEnd: () => this.end },
      complain: (_family, problem) => void this.reports.push(problem),
    });
  }

  apply(added: readonly Announcement[], removed: readonly Announcement[] = []): void {
    this.routes.apply({ added, changed: [], removed });
  }

  /** The kernel takes what waits. */
  take(): void {
    this.pendingBytes = 0;
    for (const call of this.taken.splice(0)) call();
  }

  /** What was written since the last call. */
  news(): string[] {
    return this.lines.splice(0);
  }

  #note(bytes: Uint8Array): void {
    const { messages } = codec.createFramer().push(bytes);
    for (const each of messages) {
      const { message } = codec.decode(each);
      if (message?.type === "update") this.lines.push(...linesOf(message));
      else if (message?.type === "routeRefresh")
        this.lines.push(`refresh ${message.afi === 1 ? 4 : 6} ${message.messageSubtype === 1 ? "begins" : "ends"}`);
      else this.lines.push(message?.type ?? "nothing that can be read");
    }
  }
}

function linesOf({ withdrawnRoutes, nlri, pathAttributes }: Bgp.UpdateMessage): string[] {
  const { nextHop, mpReachNlri: reach, mpUnreachNlri: unreach, communities = [] } = pathAttributes;
  const told = [
    ...nlri.map((prefix) => ({ prefix, via: nextHop })),
    ...(reach?.nlri ?? []).map((prefix) => ({ prefix, via: reach?.nextHop })),
  ];
  const gone = [...withdrawnRoutes, ...(unreach?.withdrawnRoutes ?? [])];
  if (told.length + gone.length === 0) return [`end ${unreach === undefined ? 4 : 6}`];
  return [
    ...gone.map((prefix) => `-${prefix}`),
    ...told.map(({ prefix, via }) => [`+${prefix} via ${via}`, ...communities].join(" ")),
  ].sort();
}

const [A, B, V6] = [announce("198.51.100.1"), announce("198.51.100.2"), announce("2001:db8::1")];
const TOLD_A = "+198.51.100.1/32 via 192.0.2.1";
const TOLD_B = "+198.51.100.2/32 via 192.0.2.1";
const TOLD_V6 = "+2001:db8::1/128 via 2001:db8::a";

OUT("a session begins with all of both families, each with its end, and goes on with what differs", () => {
  const stage = new Stage([A, B, V6], agree(RESTART));
  assert.equal(stage.news(), [TOLD_A, TOLD_B, "end 4", TOLD_V6, "end 6"]);
  assert.is(stage.out.count(), 3);
  stage.out.flush();
  assert.equal(stage.news(), []);
  stage.apply([], [A]);
  stage.out.flush();
  assert.equal(stage.news(), ["-198.51.100.1/32"]);
});

OUT("without graceful restart nobody is told where the beginning ends, and a family that was not agreed on is left out", () => {
  const stage = new Stage([A, V6], agree({ families: [{ afi: 1, safi: 1 }] }));
  assert.equal(stage.news(), [TOLD_A]);
  assert.is(stage.out.count(), 1);
});

OUT("refresh() tells a family again, between its marks where the peer knows them", () => {
  const stage = new Stage([A, V6], agree({ enhancedRouteRefresh: false }));
  stage.news();
  stage.out.refresh(1);
  assert.equal(stage.news(), [TOLD_A]);
  const marked = new Stage([A, V6], agree({ enhancedRouteRefresh: true }));
  marked.news();
  marked.out.refresh(2);
  assert.equal(marked.news(), ["refresh 6 begins", TOLD_V6, "refresh 6 ends"]);
});

OUT("a peer that takes nothing is told nothing more until it does, and then what is true by then", () => {
  const stage = new Stage([A], agree(RESTART));
  stage.news();
  stage.pendingBytes = 4 << 20;
  stage.apply([B]);
  stage.out.flush();
  assert.equal(stage.news(), [TOLD_B], "what is under way is not held back");
  stage.apply([V6], [A, B]);
  stage.out.flush();
  stage.out.leave();
  assert.equal([stage.news(), stage.taken.length], [[], 1]);
  stage.take();
  assert.equal(stage.news(), ["-198.51.100.1/32", "-198.51.100.2/32", `${TOLD_V6} 65535:0`]);
});

OUT("a peer that asks again and again, and takes nothing, is answered once", () => {
  const stage = new Stage([A], agree({ enhancedRouteRefresh: true }));
  stage.news();
  stage.pendingBytes = 4 << 20;
  for (let times = 0; times < 1_000; times += 1) stage.out.refresh(1);
  assert.equal(stage.news(), ["refresh 4 begins", TOLD_A]);
  stage.take();
  assert.equal(stage.news(), [TOLD_A, "refresh 4 ends"]);
});

OUT("routes wait for a next hop, follow it, and stay with the last one", () => {
  const { ipv6, ...link } = END.link;
  const without = { ...END, link };
  const stage = new Stage([A, V6], agree(RESTART), without);
  assert.equal(stage.news(), [TOLD_A, "end 4", "end 6"]);
  stage.out.refresh(2);
  stage.end = END;
  stage.out.addressesChanged();
  assert.equal([stage.news(), ipv6], [[TOLD_V6], "2001:db8::a"]);
  stage.end = { ...END, link: { ...link, ipv6: "2001:db8::b" } };
  stage.out.addressesChanged();
  assert.equal(stage.news(), ["+2001:db8::1/128 via 2001:db8::b"]);
  stage.end = without;
  stage.out.addressesChanged();
  assert.equal([stage.news(), stage.out.count()], [[], 2]);
});

OUT("that there is no next hop is said once, however often links change", () => {
  const { ipv6: _ipv6, ...link } = END.link;
  const stage = new Stage([V6], agree(), { ...END, link });
  for (let times = 0; times < 5; times += 1) stage.out.addressesChanged();
  assert.equal(stage.reports, ["No IPv6 address on the link of the session to be the next hop"]);
});

OUT("leave() asks for other paths, and takes that back", () => {
  const stage = new Stage([announce("198.51.100.1", { communities: ["65001:1"] })]);
  assert.equal(stage.news(), [`${TOLD_A} 65001:1`]);
  stage.out.leave();
  assert.equal(stage.news(), [`${TOLD_A} 65001:1 65535:0`]);
  stage.out.leave(false);
  assert.equal(stage.news(), [`${TOLD_A} 65001:1`]);
});

OUT("close() forgets: nothing is written any more, also where it waited, and the peer's tables can go", () => {
  const stage = new Stage([A, V6]);
  stage.news();
  stage.pendingBytes = 4 << 20;
  stage.apply([B]);
  stage.out.flush();
  stage.news();
  stage.out.close();
  stage.take();
  stage.out.flush();
  stage.out.refresh(1);
  stage.out.addressesChanged();
  stage.out.leave();
  assert.equal([stage.news(), stage.out.count()], [[], 0]);
  stage.routes.removePeer("router");
});

OUT.run();
