/** The event ring through module `arp`: a conflict is told once a second and row, and the ring is read behind the program. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { arpFrame, ProgramStation } from "../../host/workbench/testing/program-station.ts";

const EVENTS = suite("events");
const RING = 256;
const STRANGER = "02:00:00:00:00:66";

function station(rows: number): ProgramStation {
  const made = new ProgramStation();
  made.program.setLink(5, "02:00:00:00:00:02", true);
  for (let row = 0; row < rows; row++) made.put({ address: `10.0.${row >> 8}.${row & 255}` });
  return made;
}

function claim(made: ProgramStation, row: number, nowMs: number): void {
  made.receive(5, [arpFrame({ senderMac: STRANGER, senderAddress: `10.0.${row >> 8}.${row & 255}` })], nowMs);
}

EVENTS("a conflict says who, where, when and for which address", () => {
  const made = station(2);
  claim(made, 1, 1234.5);
  const [event] = made.program.takeEvents();
  assert.equal(
    { ...event, address: [...(event?.address ?? [])], mac: [...(event?.mac ?? [])] },
    {
      kind: 1,
      atMs: 1234.5,
      address: [10, 0, 0, 1, ...Array(12).fill(0)],
      link: 5,
      mac: [2, 0, 0, 0, 0, 0x66],
      suppressed: 0,
      isClaim: false,
    },
  );
  assert.is(made.program.takeEvents().length, 0, "an event is taken once");
});

EVENTS("events of one row are a second apart and count what was held back", () => {
  const made = station(2);
  for (let nowMs = 0; nowMs < 3000; nowMs += 10) {
    claim(made, 0, nowMs);
    if (nowMs === 500) claim(made, 1, nowMs);
  }
  const events = made.program.takeEvents().map(({ atMs, address, suppressed }) => [atMs, address[3], suppressed]);
  assert.equal(events, [
    [0, 0, 0],
    [500, 1, 0],
    [1000, 0, 99],
    [2000, 0, 99],
  ]);
  assert.is(made.counters(0).conflicts, 300);
});

EVENTS("a row that takes a freed id owes nothing to the one before", () => {
  const made = station(1);
  claim(made, 0, 0);
  claim(made, 0, 1);
  made.remove("10.0.0.0");
  assert.is(made.put({ address: "10.0.0.0" }), 0);
  claim(made, 0, 2);
  assert.equal(
    made.program.takeEvents().map(({ atMs, suppressed }) => [atMs, suppressed]),
    [
      [0, 0],
      [2, 0],
    ],
  );
});

EVENTS("where the ring is overrun, the oldest are lost and the rest come in order", () => {
  const made = station(1000);
  for (let row = 0; row < 10; row++) claim(made, row, row);
  assert.is(made.program.takeEvents().length, 10);
  for (let row = 10; row < 10 + RING + 44; row++) claim(made, row, row);
  assert.equal(
    made.program.takeEvents().map(({ atMs }) => atMs),
    Array.from({ length: RING }, (_, at) => 10 + 44 + at),
  );
  claim(made, 900, 900);
  assert.equal(
    made.program.takeEvents().map(({ atMs }) => atMs),
    [900],
  );
});

EVENTS.run();
