import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { LaneRow } from "../reconcile/lane-state.ts";
import { FakeStandings } from "../workbench/testing/fake-standings.ts";
import { recordedLog } from "../workbench/testing/log.ts";
import { RowLog } from "./row-log.ts";

const LOG = suite("RowLog");

const plain = { family: 4, links: null, services: ["a/b"], attributes: {} } as const;
const shared = (vip: string) => ({ ...plain, vip, succession: { group: vip, members: ["node-a", "node-b"], isSticky: false } });
const row = (vip: string): LaneRow => ({ announcement: shared(vip), isDesired: true, state: "told" });
const none = { added: [], changed: [], removed: [] };

function start(standings?: FakeStandings, rows: readonly LaneRow[] = []) {
  const { log, lines } = recordedLog();
  const rowLog = new RowLog({ log, via: "arp", standings });
  const close = rowLog.follow(() => rows);
  const take = () => lines.splice(0).map(({ message, fields }) => [message, fields["vip"] ?? fields["rows"], fields["reason"]]);
  return { rowLog, close, take };
}

LOG("without standings it says every row that was taken over", () => {
  const { rowLog, take } = start();
  rowLog.applied({ ...none, added: [{ ...plain, vip: "192.0.2.1" }, shared("192.0.2.2"), shared("192.0.2.3")] }, [
    { vip: "192.0.2.3", reason: "no" },
  ]);
  rowLog.applied({ ...none, removed: [shared("192.0.2.2")] }, []);
  assert.equal(take(), [
    ["serviceAnnounced", "192.0.2.1", undefined],
    ["serviceAnnounced", "192.0.2.2", undefined],
    ["serviceWithdrawn", "192.0.2.2", undefined],
  ]);
});

LOG("a row on standby is said when this node takes it over, and when it gives it up", () => {
  const standings = new FakeStandings();
  const { rowLog, take, close } = start(standings, [row("192.0.2.1"), row("192.0.2.2")]);
  rowLog.applied({ ...none, added: [shared("192.0.2.1"), { ...plain, vip: "192.0.2.9" }] }, []);
  assert.equal(take(), [["serviceAnnounced", "192.0.2.9", undefined]]);
  standings.set("192.0.2.1", "heir");
  standings.set("192.0.2.1", "asking");
  assert.equal(take(), []);
  standings.set("192.0.2.1", "owner", { reason: "node-b is down" });
  assert.equal(take(), [["serviceAnnounced", "192.0.2.1", "node-b is down"]]);
  standings.set("192.0.2.1", "leaving", { reason: "drain" });
  assert.equal(take(), [], "it still answers");
  standings.set("192.0.2.1", "heir", { reason: "node-b is back" });
  assert.equal(take(), [["serviceWithdrawn", "192.0.2.1", "node-b is back"]]);
  rowLog.applied({ ...none, removed: [shared("192.0.2.1"), { ...plain, vip: "192.0.2.9" }] }, []);
  assert.equal(take(), [["serviceWithdrawn", "192.0.2.9", undefined]]);
  close();
  standings.set("192.0.2.1", "owner");
  assert.equal(take(), []);
});

LOG("of many rows it says twenty", () => {
  const { rowLog, take } = start();
  rowLog.applied({ ...none, added: Array.from({ length: 50 }, (_, at) => ({ ...plain, vip: `192.0.2.${at}` })) }, []);
  const lines = take();
  assert.equal([lines.length, lines.at(-1)], [21, ["And more rows", 30, undefined]]);
});

LOG.run();
