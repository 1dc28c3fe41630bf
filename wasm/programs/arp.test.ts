/** Module `arp` at its boundary: what it answers, what it keeps silent about and why, and when it announces itself. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadModule } from "../../host/packets/wasm.ts";
import { arpFrame, BROADCAST, CLIENT, ProgramStation, readArp, type TestRow } from "../../host/workbench/testing/program-station.ts";

const ARP = suite("arp program");
const VIP = "192.0.2.1";
const OTHER_VIP = "192.0.2.2";
const MAC = "02:00:00:00:00:02";
const SECOND_MAC = "02:00:00:00:00:03";
const STRANGER = "02:00:00:00:00:66";

/** A station with two links and these rows, whose first bursts are over. */
function station(...rows: TestRow[]): ProgramStation {
  const made = new ProgramStation();
  made.program.setLink(0, MAC, true);
  made.program.setLink(1, SECOND_MAC, true);
  for (const row of rows) assert.ok(made.put(row) >= 0);
  for (let nowMs = 0; made.program.nextTickMs !== Infinity; nowMs += 1100) made.tick(nowMs);
  return made;
}

/** Why one frame got no answer. */
function dropOf(made: ProgramStation, frame: Uint8Array, link = 0): string {
  made.takeDrops();
  const sent = made.receive(link, [frame]);
  const drops = made.takeDrops();
  assert.is(sent.length, 0, "it was answered");
  assert.equal(Object.values(drops), [1], "it was counted once");
  return Object.keys(drops)[0] as string;
}

/** An ARP frame with one byte changed. */
function changed(at: number, ...bytes: number[]): Uint8Array {
  const frame = arpFrame({ targetAddress: VIP });
  frame.set(bytes, at);
  return frame;
}

ARP("imports nothing and cannot grow", () => {
  const module = loadModule("arp");
  assert.is(WebAssembly.Module.imports(module).length, 0);
  const { memory } = new WebAssembly.Instance(module).exports as { memory: WebAssembly.Memory };
  assert.throws(() => memory.grow(1));
});

ARP("process() answers a broadcast request with one unicast reply from the link's MAC", () => {
  const made = station({ address: VIP });
  const [reply, ...more] = made.receive(1, [arpFrame({ targetAddress: VIP })]);
  assert.is(more.length, 0);
  assert.is(reply?.link, 1);
  assert.equal(readArp(reply?.frame ?? new Uint8Array()), {
    destination: CLIENT.mac,
    source: SECOND_MAC,
    operation: 2,
    senderMac: SECOND_MAC,
    senderAddress: VIP,
    targetMac: CLIENT.mac,
    targetAddress: CLIENT.address,
    trailingBytes: 0,
  });
  assert.equal(made.takeDrops(), {});
  assert.equal(made.counters(0), { answered: 1, unanswered: 0, announced: 20, conflicts: 0 });
});

ARP("process() answers a request to its own MAC, a padded one, a probe, and a whole batch", () => {
  const made = station({ address: VIP }, { address: OTHER_VIP });
  const frames = [
    arpFrame({ targetAddress: VIP, destination: MAC }),
    arpFrame({ targetAddress: VIP, trailingBytes: 18 }),
    arpFrame({ targetAddress: VIP, trailingBytes: 214 }),
    arpFrame({ targetAddress: VIP, senderAddress: "0.0.0.0" }),
    arpFrame({ targetAddress: OTHER_VIP }),
  ];
  const sent = made.receive(0, [...frames, ...Array.from({ length: 123 }, () => frames[0] as Uint8Array)]);
  assert.is(sent.length, 128);
  assert.equal(
    sent.slice(0, 5).map(({ frame }) => readArp(frame)["senderAddress"]),
    [VIP, VIP, VIP, VIP, OTHER_VIP],
  );
  assert.is(readArp(sent[3]?.frame as Uint8Array)["targetAddress"], "0.0.0.0");
});

const malformed: Record<string, Uint8Array> = {
  truncated: arpFrame({ targetAddress: VIP }).subarray(0, 41),
  oversized: arpFrame({ targetAddress: VIP, trailingBytes: 215 }),
  tagged: changed(12, 0x81, 0x00),
  wrong_ether_type: changed(12, 0x08, 0x00),
  wrong_hardware_type: changed(14, 0, 6),
  wrong_protocol_type: changed(16, 0x86, 0xdd),
  wrong_hardware_length: changed(18, 8),
  wrong_protocol_length: changed(19, 16),
  wrong_opcode: changed(20, 0, 3),
  bad_sender: changed(22, 0x03),
};
for (const [reason, frame] of Object.entries(malformed)) {
  ARP(`process() counts a frame as ${reason}`, () => assert.is(dropOf(station({ address: VIP }), frame), reason));
}

ARP("process() counts what is sound and gets no answer by its reason", () => {
  const made = station({ address: VIP }, { address: OTHER_VIP, links: 0b10n }, { address: "192.0.2.3", state: "standby" });
  assert.is(dropOf(made, arpFrame({ operation: 2, targetAddress: VIP })), "reply");
  assert.is(dropOf(made, arpFrame({ targetAddress: VIP, destination: STRANGER })), "other_destination");
  assert.is(dropOf(made, arpFrame({ targetAddress: VIP, destination: SECOND_MAC })), "other_destination");
  assert.is(dropOf(made, arpFrame({ targetAddress: "192.0.2.99" })), "unknown_target");
  assert.is(dropOf(made, arpFrame({ targetAddress: OTHER_VIP })), "other_link");
  assert.is(dropOf(made, arpFrame({ targetAddress: "192.0.2.3" })), "standby");
  assert.is(made.receive(1, [arpFrame({ targetAddress: OTHER_VIP })]).length, 1);
  assert.equal(
    [0, 1, 2].map((row) => made.counters(row).unanswered),
    [0, 1, 1],
  );
});

ARP("every reason has been shown", () => {
  const shown = [
    ...Object.keys(malformed),
    "reply",
    "other_destination",
    "unknown_target",
    "other_link",
    "standby",
    "claimed",
    "own_frame",
  ];
  assert.equal(Object.keys(station().program.drops()).sort(), shown.sort());
});

ARP("process() never answers who claims an address that it answers for, and says so", () => {
  const made = station({ address: VIP }, { address: OTHER_VIP });
  const claim = { senderMac: STRANGER, senderAddress: VIP };
  assert.is(dropOf(made, arpFrame({ ...claim, targetAddress: OTHER_VIP })), "claimed");
  assert.is(dropOf(made, arpFrame({ ...claim, targetAddress: VIP })), "claimed");
  assert.is(dropOf(made, arpFrame({ ...claim, targetAddress: VIP, operation: 2 })), "claimed");
  assert.is(dropOf(made, arpFrame({ ...claim, targetAddress: VIP, operation: 2, destination: MAC })), "claimed");
  const events = made.program.takeEvents();
  assert.equal(
    events.map(({ isClaim }) => isClaim),
    [false, true],
    "one of the uses, and one of the claims",
  );
  const [event] = events;
  assert.is(event?.kind, 1);
  assert.is(Buffer.from(event?.mac ?? []).toString("hex"), "020000000066");
  assert.is(made.counters(0).conflicts, 4);
  assert.is(made.receive(0, [arpFrame({ targetAddress: VIP })]).length, 1, "an active row keeps answering others");
});

ARP("process() takes a frame of one of its own links for no claim", () => {
  const made = station({ address: VIP });
  assert.is(dropOf(made, arpFrame({ senderMac: MAC, senderAddress: VIP, targetAddress: VIP }), 1), "own_frame");
  assert.is(dropOf(made, arpFrame({ senderMac: SECOND_MAC, senderAddress: VIP, targetAddress: VIP, operation: 2 }), 0), "own_frame");
  assert.is(made.program.takeEvents().length, 0);
  made.program.setLink(1, "", false);
  assert.is(
    dropOf(made, arpFrame({ senderMac: SECOND_MAC, senderAddress: VIP, targetAddress: VIP })),
    "claimed",
    "that MAC is ours no more",
  );
});

ARP("process() lets others use an address that it does not answer for on that link", () => {
  const made = station({ address: VIP, state: "standby" }, { address: OTHER_VIP, links: 0b10n }, { address: "192.0.2.3" });
  const fromOwner = (senderAddress: string) => arpFrame({ senderMac: STRANGER, senderAddress, targetAddress: "192.0.2.3" });
  assert.is(made.receive(0, [fromOwner(VIP), fromOwner(OTHER_VIP)]).length, 2);
  assert.is(dropOf(made, arpFrame({ senderMac: STRANGER, senderAddress: VIP, targetAddress: VIP })), "standby");
  assert.is(made.program.takeEvents().length, 0);
  assert.is(dropOf(made, fromOwner(OTHER_VIP), 1), "claimed");
});

ARP("a draining row answers until another station claims its address, and stays silent when it is put again", () => {
  const made = station({ address: VIP, state: "draining", links: 0b01n });
  const request = arpFrame({ targetAddress: VIP });
  assert.is(made.receive(0, [request]).length, 1);
  assert.ok(made.program.isAnswering(0));
  made.receive(1, [arpFrame({ senderMac: STRANGER, senderAddress: VIP, targetAddress: VIP })]);
  assert.is(made.receive(0, [request]).length, 1, "a claim on another segment is none of its business");
  assert.is(dropOf(made, arpFrame({ senderMac: STRANGER, senderAddress: VIP, targetAddress: VIP })), "claimed");
  assert.not(made.program.isAnswering(0));
  assert.is(dropOf(made, request), "standby");
  made.put({ address: VIP, state: "draining", links: 0b01n });
  assert.is(dropOf(made, request), "standby");
  made.put({ address: VIP });
  assert.is(made.receive(0, [request]).length, 1);
});

ARP("a removed row is not answered for, and its id is given out with fresh counters", () => {
  const made = station({ address: VIP });
  made.receive(0, [arpFrame({ targetAddress: VIP })]);
  made.remove(VIP, 6);
  assert.is(made.program.rowCount, 1, "another family is another row");
  made.remove(VIP);
  assert.is(dropOf(made, arpFrame({ targetAddress: VIP })), "unknown_target");
  assert.not(made.program.isAnswering(0));
  assert.is(made.put({ address: OTHER_VIP, state: "standby" }), 0);
  assert.equal(made.counters(0), { answered: 0, unanswered: 0, announced: 0, conflicts: 0 });
});

ARP("process() is silent on a link that is down, was never attached, or is none", () => {
  const made = station({ address: VIP });
  made.program.setLink(1, SECOND_MAC, false);
  const frames = [arpFrame({ targetAddress: VIP }), arpFrame({ targetAddress: VIP, destination: "00:00:00:00:00:00" })];
  for (const link of [1, 2, 63, 64, -1, 0x7fffffff]) assert.is(made.receive(link, frames).length, 0, `link ${link}`);
  assert.is(made.program.process(0, 129, 0), 0, "more frames than slots");
});

ARP("put() refuses other families and states", () => {
  const made = station();
  assert.is(made.program.refusalName(made.put({ address: VIP, family: 6 })), "family");
  for (const state of [0, 4, 255]) assert.is(made.program.refusalName(made.put({ address: VIP, state })), "state");
  assert.is(made.program.rowCount, 0);
});

ARP("put() takes 65,536 rows and refuses the next one", () => {
  const made = station();
  const address = (row: number) => `10.${row >> 16}.${(row >> 8) & 255}.${row & 255}`;
  for (let row = 0; row < 65_536; row++) assert.is(made.put({ address: address(row), state: "draining" }), row);
  assert.is(made.program.refusalName(made.put({ address: address(65_536) })), "table_full");
  assert.is(made.put({ address: address(7), state: "standby" }), 7, "a row that is there can be changed");
  const requests = [0, 7, 65_535, 65_536].map((row) => arpFrame({ targetAddress: address(row) }));
  assert.is(made.receive(0, requests).length, 2);
  assert.equal(made.takeDrops(), { standby: 1, unknown_target: 1 });
  made.remove(address(40_000));
  assert.is(made.put({ address: address(65_536) }), 40_000);
});

ARP("tick() announces five rounds 1.1 s apart, a request and then a reply, broadcast in every field", () => {
  const made = new ProgramStation();
  made.program.setLink(0, MAC, true);
  made.put({ address: VIP });
  assert.is(made.program.nextTickMs, 0);
  for (let round = 0; round < 5; round++) {
    const sent = made.tick(1000 + round * 1100);
    const announcement = {
      destination: BROADCAST,
      source: MAC,
      senderMac: MAC,
      senderAddress: VIP,
      targetMac: BROADCAST,
      targetAddress: VIP,
    };
    const both = [1, 2].map((operation) => ({ ...announcement, operation, trailingBytes: 0 }));
    assert.equal(
      sent.map(({ frame }) => readArp(frame)),
      both,
      `round ${round}`,
    );
    assert.is(made.program.nextTickMs, round === 4 ? Infinity : 1000 + (round + 1) * 1100);
    assert.is(made.tick(1000 + (round + 1) * 1100 - 1).length, 0, "not before its time");
  }
});

ARP("put() announces a row that became active or changed, and not one that is the same", () => {
  const made = station({ address: VIP }, { address: OTHER_VIP, state: "standby" });
  made.put({ address: VIP });
  assert.is(made.program.nextTickMs, Infinity);
  made.put({ address: OTHER_VIP, state: "active", links: 0b10n });
  assert.equal(
    made.tick(0).map(({ link }) => link),
    [1, 1],
  );
  made.put({ address: OTHER_VIP, state: "draining" });
  assert.is(made.program.nextTickMs, Infinity, "a row that drains stops announcing");
});

ARP("setLink() announces active rows again when a link comes up or changes its MAC, on that link", () => {
  const made = station({ address: VIP }, { address: OTHER_VIP, links: 0b01n }, { address: "192.0.2.3", state: "standby" });
  const announced = () =>
    made.tick(0).map(({ link, frame }) => `${link} ${readArp(frame)["senderAddress"]} ${readArp(frame)["senderMac"]}`);
  made.program.setLink(1, SECOND_MAC, true);
  assert.equal(announced(), [], "nothing changed");
  made.program.setLink(1, STRANGER, true);
  assert.equal(announced(), [`1 ${VIP} ${STRANGER}`, `1 ${VIP} ${STRANGER}`]);
  made.program.setLink(0, MAC, false);
  made.program.setLink(0, MAC, true);
  const lines = announced();
  assert.is(lines.filter((line) => line === `0 ${VIP} ${MAC}`).length, 2);
  assert.is(lines.filter((line) => line === `0 ${OTHER_VIP} ${MAC}`).length, 2);
});

ARP.run();
