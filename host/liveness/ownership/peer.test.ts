/** One other node: when it is looked at again, and what a session that is another one says of it. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Peer } from "./peer.ts";

const peers = suite("peer");
const UP = { isUp: true, isRemoteAdminDown: false };

function watched(): Peer {
  const peer = new Peer("a", 1000);
  peer.configure({ node: "a", discriminator: 1, macs: [] }, 1000);
  return peer;
}

peers("one that is silent is looked at again, though its session stays up: packets that come again are no news", () => {
  const peer = watched();
  peer.look({ ...UP, heardMs: 4950 }, 5000);
  assert.is(peer.health, "up");
  peer.look({ ...UP, heardMs: 4950 }, 5100);
  assert.is(peer.health, "silent");
  const nextMs = peer.nextLookMs(4950);
  assert.ok(nextMs > 5100 && nextMs <= 5200, `${nextMs}`);
  peer.look({ ...UP, heardMs: 5190 }, nextMs);
  assert.is(peer.health, "up");
});

peers("one that answered just before it died is asked again at once", () => {
  const peer = watched();
  peer.look({ ...UP, heardMs: 4950 }, 5000);
  peer.look({ ...UP, heardMs: 4950 }, 5100);
  peer.ask([], 5100);
  peer.askAgain(5170);
  peer.answer(5102);
  peer.judge();
  assert.not.ok(peer.mustAsk(5260), "it has just answered");
  peer.look({ ...UP, isUp: false, heardMs: 4950 }, 5270);
  assert.is(peer.health, "down");
  assert.ok(peer.mustAsk(5270));
});

peers("one that is watched by another session from now on is not lost before that had time to come up", () => {
  const peer = watched();
  peer.look({ ...UP, heardMs: 9950 }, 10_000);
  peer.configure({ node: "a", discriminator: 2, macs: [] }, 20_000);
  peer.look(undefined, 22_500);
  assert.is(peer.health, "new");
  peer.look(undefined, 23_000);
  assert.is(peer.health, "down");
});

peers("one that is down and was asked for once, but is none's next now, is due after its turn", () => {
  const peer = watched();
  peer.look(undefined, 5000);
  peer.ask([], 5000);
  peer.askAgain(5070);
  peer.answer(5100);
  peer.judge();
  peer.look(undefined, 9000);
  assert.ok(peer.mustAsk(9000));
  assert.ok(peer.nextLookMs(undefined) > 9000);
});

peers.run();
