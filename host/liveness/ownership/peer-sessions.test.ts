/** What the sessions with other nodes say while this node leaves, and when it is back. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ROW_BYTES } from "../../packets/program.ts";
import { PeerSessions } from "./peer-sessions.ts";

const sessions = suite("peer sessions");
const [ACTIVE, DRAINING] = [1, 3];

function rowOf(discriminator: number): Uint8Array {
  const row = new Uint8Array(ROW_BYTES);
  row[1] = ACTIVE;
  new DataView(row.buffer).setUint32(32, discriminator, true);
  return row;
}

/** Sessions 1 and 2, and in which state each was put last. */
function stage(): { subject: PeerSessions; states: Map<number, number> } {
  const states = new Map<number, number>();
  const note = (row: Uint8Array): void => void states.set(row[32] as number, row[1] as number);
  const subject = new PeerSessions(note);
  for (const discriminator of [1, 2]) note(subject.take(rowOf(discriminator)));
  return { subject, states };
}

sessions("those with other nodes say that this one leaves, and no other does", () => {
  const { subject, states } = stage();
  subject.setPeers(new Set([1]));
  subject.leave(true);
  assert.equal([...states.values()], [DRAINING, ACTIVE]);
  subject.leave(false);
  assert.equal([...states.values()], [ACTIVE, ACTIVE]);
});

sessions("one that is known as a node's only while this one leaves says so too", () => {
  const { subject, states } = stage();
  subject.leave(true);
  subject.setPeers(new Set([2]));
  assert.equal([...states.values()], [ACTIVE, DRAINING]);
});

sessions("one that lingers, needed by nobody, does not say for ever that this node leaves", () => {
  const { subject, states } = stage();
  subject.setPeers(new Set([1, 2]));
  subject.leave(true);
  subject.setPeers(new Set([1]));
  assert.equal([...states.values()], [DRAINING, DRAINING]);
  subject.leave(false);
  assert.equal([...states.values()], [ACTIVE, ACTIVE]);
});

sessions.run();
