/** What modules `arp` and `ndp` do by a row's attributes: ask, announce once; and what they remember of others. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ALL_NODES, advertise, NO_MAC, probe, readAdvertisement, solicit } from "../../host/workbench/testing/ndp-frames.ts";
import {
  addressAttributes,
  arpFrame,
  BROADCAST,
  ProgramStation,
  readArp,
  type TestRow,
} from "../../host/workbench/testing/program-station.ts";

const ROWS = suite("address rows");
const MAC = "02:00:00:00:00:02";
const SECOND_MAC = "02:00:00:00:00:03";
const OWNER = "02:00:00:00:00:66";
const STRANGER = "02:00:00:00:00:67";

interface Kind {
  readonly name: string;
  readonly vip: string;
  readonly other: string;
  /** No row has it. */
  readonly nobody: string;
  /** Frames of one round on one link. */
  readonly perRound: number;
  /** A station announces an address. */
  claim(address: string, mac: string): Uint8Array;
  /** A station asks for an address without claiming another. */
  ask(address: string, mac?: string): Uint8Array;
  /** A station that has an address asks for another one. */
  use(address: string, target: string, mac: string): Uint8Array;
  isProbe(frame: Uint8Array, address: string, mac: string): boolean;
}

const kinds: readonly Kind[] = [
  {
    ...{ name: "arp", vip: "192.0.2.1", other: "192.0.2.2", nobody: "192.0.2.99", perRound: 2 },
    claim: (senderAddress, senderMac) => arpFrame({ senderMac, senderAddress, targetAddress: senderAddress, operation: 2 }),
    ask: (targetAddress, senderMac = OWNER) => arpFrame({ senderMac, senderAddress: "0.0.0.0", targetAddress }),
    use: (senderAddress, targetAddress, senderMac) => arpFrame({ senderMac, senderAddress, targetAddress }),
    isProbe: (frame, targetAddress, mac) => {
      const wanted = {
        ...{ destination: BROADCAST, source: mac, operation: 1, senderMac: mac, senderAddress: "0.0.0.0" },
        ...{ targetMac: NO_MAC, targetAddress, trailingBytes: 0 },
      };
      return JSON.stringify(readArp(frame)) === JSON.stringify(wanted);
    },
  },
  {
    ...{ name: "ndp", vip: "2001:db8::12:3456", other: "2001:db8::2", nobody: "2001:db8::99", perRound: 1 },
    claim: (address, mac) => advertise(address, mac),
    ask: (address, source = OWNER) => probe(address, { source }),
    use: (sourceAddress, target, source) => solicit(target, { sourceAddress, source }),
    isProbe: (frame, address, source) => Buffer.compare(frame, probe(address, { source })) === 0,
  },
];

for (const { name, vip, other, nobody, perRound, claim, ask, use, isProbe } of kinds) {
  const put = (
    made: ProgramStation,
    state: TestRow["state"],
    attributes: Parameters<typeof addressAttributes>[0],
    row: Partial<TestRow> = {},
  ) => made.put({ address: vip, state: state as "active", attributes: addressAttributes(attributes), ...row });

  /** Two links; no row. */
  const station = (): ProgramStation => {
    const made = new ProgramStation(name);
    made.program.setLink(0, MAC, true);
    made.program.setLink(1, SECOND_MAC, true);
    return made;
  };
  const settle = (made: ProgramStation, fromMs = 0): void => {
    for (let nowMs = fromMs; made.program.nextTickMs !== Infinity; nowMs += 1100) made.tick(nowMs);
  };

  ROWS(`${name}: a changed askSerial on standby sends one probe on each link, at once, and no more`, () => {
    const made = station();
    const row = put(made, "standby", {});
    assert.is(made.program.nextTickMs, Infinity, "nothing was asked for");
    put(made, "standby", { askSerial: 1 });
    assert.is(made.program.nextTickMs, 0);
    const sent = made.tick(5);
    assert.equal(
      sent.map(({ link, frame }) => [link, isProbe(frame, vip, link === 0 ? MAC : SECOND_MAC)]),
      [
        [0, true],
        [1, true],
      ],
    );
    assert.is(made.program.nextTickMs, Infinity);
    put(made, "standby", { askSerial: 1 });
    put(made, "standby", { askSerial: 1, announceSerial: 7, refreshMs: 1000 });
    assert.is(made.program.nextTickMs, Infinity, "the same question is not asked twice, and other attributes ask nothing");
    put(made, "standby", { askSerial: 0xffff_ffff });
    assert.is(made.tick(6).length, 2);
    assert.is(made.counters(row).announced, 0);
    assert.not(made.program.isAnswering(row));
  });

  ROWS(`${name}: who asks says it on the row's links that are up, and never of a row that answers`, () => {
    const made = station();
    put(made, "standby", { askSerial: 1 }, { links: 0b10n });
    assert.equal(
      made.tick(0).map(({ link }) => link),
      [1],
    );
    made.program.setLink(1, SECOND_MAC, false);
    put(made, "standby", { askSerial: 2 }, { links: 0b10n });
    assert.is(made.tick(0).length, 0);
    put(made, "draining", { askSerial: 3 });
    assert.is(made.program.nextTickMs, Infinity);
    put(made, "active", { askSerial: 4 });
    settle(made);
    put(made, "active", { askSerial: 5 });
    assert.is(made.program.nextTickMs, Infinity);
  });

  ROWS(`${name}: a row that becomes active in the same turn announces itself and asks no more; one that goes on standby asks`, () => {
    const made = station();
    put(made, "standby", { askSerial: 1 });
    put(made, "active", { askSerial: 1 });
    const sent = made.tick(0);
    assert.is(sent.length, 2 * perRound);
    assert.ok(sent.every(({ frame }) => !isProbe(frame, vip, MAC) && !isProbe(frame, vip, SECOND_MAC)));
    put(made, "standby", { askSerial: 2 });
    assert.equal(
      made.tick(1).map(({ frame }) => isProbe(frame, vip, MAC)),
      [true, false],
    );
    assert.is(made.program.nextTickMs, Infinity, "its burst has ended");
  });

  ROWS(`${name}: a changed announceSerial on an active row sends one round now, beside a burst that goes on`, () => {
    const made = station();
    put(made, "active", { announceSerial: 3 });
    assert.is(made.tick(0).length, 2 * perRound, "a burst is not doubled by it");
    assert.is(made.program.nextTickMs, 1100);
    put(made, "active", { announceSerial: 4 });
    assert.is(made.program.nextTickMs, 0);
    let rounds = 1;
    for (let nowMs = 500; made.program.nextTickMs !== Infinity; nowMs = made.program.nextTickMs) {
      assert.is(made.tick(nowMs).length, 2 * perRound);
      rounds++;
    }
    assert.is(rounds, 6);
    put(made, "active", { announceSerial: 5 });
    assert.is(made.tick(9000).length, 2 * perRound);
    assert.is(made.program.nextTickMs, Infinity);
    put(made, "active", { announceSerial: 5 });
    put(made, "active", { announceSerial: 5, refreshMs: 60_000 });
    assert.is(made.tick(9001).length, 0, "another interval announces nothing");
    put(made, "draining", { announceSerial: 6 });
    assert.is(made.tick(9002).length, 0);
  });

  ROWS(`${name}: attributes alone neither wake a drained row nor forget its claim`, () => {
    const made = station();
    const row = put(made, "draining", {});
    made.receive(0, [claim(vip, OWNER)], 10);
    assert.not(made.program.isAnswering(row));
    put(made, "draining", { askSerial: 1, announceSerial: 1, refreshMs: 5000 });
    assert.not(made.program.isAnswering(row));
    assert.is(made.program.nextTickMs, Infinity);
    assert.is(made.program.hearing.claimOf(row)?.atMs, 10);
  });

  ROWS(`${name}: a row on standby remembers who was last heard to have its address, when and where, and reports nothing`, () => {
    const made = station();
    const row = put(made, "standby", {});
    const otherRow = put(made, "active", {}, { address: other });
    settle(made);
    const { hearing } = made.program;
    assert.is(hearing.claimOf(row), undefined);
    made.receive(1, [claim(vip, OWNER)], 100);
    assert.equal(hearing.claimOf(row), { atMs: 100, mac: OWNER, link: 1 });
    assert.is(made.receive(0, [use(vip, other, STRANGER)], 200.5).length, 1, "and who uses it is answered");
    assert.equal(hearing.claimOf(row), { atMs: 100, mac: OWNER, link: 1 }, "but who only speaks from an address does not claim it");
    made.receive(0, [claim(vip, STRANGER)], 300.5);
    assert.equal(hearing.claimOf(row), { atMs: 300.5, mac: STRANGER, link: 0 });
    assert.is(hearing.claimOf(otherRow), undefined);
    assert.is(made.program.takeEvents().length, 0);
    made.remove(vip);
    assert.is(hearing.claimOf(put(made, "standby", {})), undefined, "a new row knows of none");
  });

  ROWS(
    `${name}: who only speaks from an address does not silence a draining row, and a claim is told though a use was told just before`,
    () => {
      const made = station();
      const row = put(made, "draining", {});
      made.receive(0, [use(vip, other, OWNER)], 100);
      assert.ok(made.program.isAnswering(row));
      made.receive(0, [claim(vip, OWNER)], 110);
      assert.not.ok(made.program.isAnswering(row));
      assert.equal(
        made.program.takeEvents().map(({ atMs, isClaim }) => [atMs, isClaim]),
        [
          [100, false],
          [110, true],
        ],
      );
    },
  );

  ROWS(`${name}: neither a question for an address, nor our own frames, nor those of another segment are claims`, () => {
    const made = station();
    const row = put(made, "standby", {}, { links: 0b01n });
    made.receive(0, [ask(vip)], 100);
    made.receive(0, [claim(vip, MAC), claim(vip, SECOND_MAC), use(vip, vip, SECOND_MAC)], 200);
    made.receive(1, [claim(vip, OWNER)], 300);
    assert.is(made.program.hearing.claimOf(row), undefined);
  });

  ROWS(
    `${name}: our own frames neither silence a draining row nor are told, and an active row that hears a claim announces nothing`,
    () => {
      const made = station();
      const draining = put(made, "draining", {});
      made.receive(0, [claim(vip, SECOND_MAC), use(vip, other, SECOND_MAC), use(vip, vip, MAC)]);
      assert.ok(made.program.isAnswering(draining));
      assert.is(made.program.takeEvents().length, 0);
      const active = put(made, "active", {}, { address: other });
      settle(made);
      assert.is(made.receive(0, [claim(other, OWNER)], 50).length, 0);
      assert.is(made.program.nextTickMs, Infinity);
      assert.ok(made.program.isAnswering(active));
      assert.equal(
        made.program.takeEvents().map(({ link, mac }) => [link, Buffer.from(mac).toString("hex")]),
        [[0, "020000000066"]],
      );
      made.receive(0, [claim(vip, OWNER)], 60);
      assert.equal(
        made.program.takeEvents().map(({ atMs, link, mac }) => [atMs, link, Buffer.from(mac).toString("hex")]),
        [[60, 0, "020000000066"]],
        "a row that falls silent says for whom",
      );
    },
  );

  ROWS(`${name}: a link remembers when a sound frame of another station came by it, whatever it was about`, () => {
    const made = station();
    const { hearing } = made.program;
    const heard = () => [hearing.linkHeardMs(0), hearing.linkHeardMs(1)];
    assert.equal(heard(), [0, 0]);
    made.receive(1, [ask(nobody)], 100);
    assert.equal(heard(), [0, 100]);
    made.receive(0, [claim(other, MAC), use(other, vip, SECOND_MAC)], 200);
    assert.equal(heard(), [0, 100], "our own say nothing");
    const broken = claim(other, OWNER);
    made.receive(0, [broken.subarray(0, 30), broken.map((byte, at) => (at === 12 ? 0x88 : byte))], 300);
    assert.equal(heard(), [0, 100], "nor do broken ones");
    made.receive(0, [claim(other, MAC), broken.subarray(0, 30), claim(other, OWNER)], 400);
    assert.equal(heard(), [400, 100]);
    made.program.setLink(1, "", false);
    assert.equal(heard(), [400, 0], "a link that is detached may be another when it comes back");
  });
}

ROWS("arp: an answer to our probe is a claim, and goes to us alone", () => {
  const [heir, owner] = [new ProgramStation("arp"), new ProgramStation("arp")];
  heir.program.setLink(0, MAC, true);
  owner.program.setLink(0, OWNER, true);
  owner.put({ address: "192.0.2.1", state: "draining" });
  const row = heir.put({ address: "192.0.2.1", state: "standby", attributes: addressAttributes({ askSerial: 1 }) });
  const answers = owner.receive(
    0,
    heir.tick(0).map(({ frame }) => frame),
  );
  assert.equal(
    answers.map(({ frame }) => readArp(frame)["destination"]),
    [MAC],
  );
  heir.receive(
    0,
    answers.map(({ frame }) => frame),
    7,
  );
  assert.equal(heir.program.hearing.claimOf(row), { atMs: 7, mac: OWNER, link: 0 });
});

ROWS("ndp: an answer to our probe is a claim, and goes to all nodes", () => {
  const [heir, owner] = [new ProgramStation("ndp"), new ProgramStation("ndp")];
  heir.program.setLink(0, MAC, true);
  owner.program.setLink(0, OWNER, true);
  owner.put({ address: "2001:db8::1", state: "draining" });
  const row = heir.put({ address: "2001:db8::1", state: "standby", attributes: addressAttributes({ askSerial: 1 }) });
  const answers = owner.receive(
    0,
    heir.tick(0).map(({ frame }) => frame),
  );
  assert.equal(
    answers.map(({ frame }) => readAdvertisement(frame)["destinationAddress"]),
    [ALL_NODES.address],
  );
  heir.receive(
    0,
    answers.map(({ frame }) => frame),
    7,
  );
  assert.equal(heir.program.hearing.claimOf(row), { atMs: 7, mac: OWNER, link: 0 });
});

ROWS.run();
