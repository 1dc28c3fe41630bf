/** Module `ndp` at its boundary: what it answers and how, what it keeps silent about and why, and when it announces itself. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadModule } from "../../host/packets/wasm.ts";
import { ALL_NODES, advertise, CLIENT6, NO_MAC, probe, readAdvertisement, solicit } from "../../host/workbench/testing/ndp-frames.ts";
import { ProgramStation, type TestRow } from "../../host/workbench/testing/program-station.ts";

const NDP = suite("ndp program");
const VIP = "2001:db8::1";
const OTHER_VIP = "2001:db8::2";
const MAC = "02:00:00:00:00:02";
const SECOND_MAC = "02:00:00:00:00:03";
const STRANGER = "02:00:00:00:00:66";
const SOLICITED_OVERRIDE = 0x60;
const OVERRIDE = 0x20;
const fixtures = fileURLToPath(new URL("../../fixtures/", import.meta.url));

/** A station with two links and these rows, whose first bursts are over. */
function station(...rows: TestRow[]): ProgramStation {
  const made = new ProgramStation("ndp");
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

/** The one answer. */
function answerOf(made: ProgramStation, frame: Uint8Array, link = 0) {
  const [answer, ...more] = made.receive(link, [frame]);
  assert.is(more.length, 0);
  assert.is(answer?.link, link);
  return readAdvertisement(answer?.frame ?? new Uint8Array());
}

const ANSWER = {
  ...{ destination: CLIENT6.mac, source: MAC, sourceAddress: VIP, destinationAddress: CLIENT6.address, targetAddress: VIP },
  ...{ flags: SOLICITED_OVERRIDE, targetLinkLayerAddress: MAC, otherOptionBytes: 0, trailingBytes: 0 },
};

NDP("imports nothing and cannot grow", () => {
  const module = loadModule("ndp");
  assert.is(WebAssembly.Module.imports(module).length, 0);
  const { memory } = new WebAssembly.Instance(module).exports as { memory: WebAssembly.Memory };
  assert.throws(() => memory.grow(1));
});

NDP("process() answers a solicitation to the group with one unicast advertisement from the link's MAC", () => {
  const made = station({ address: VIP });
  assert.equal(answerOf(made, solicit(VIP), 1), { ...ANSWER, source: SECOND_MAC, targetLinkLayerAddress: SECOND_MAC });
  assert.equal(made.takeDrops(), {});
  assert.equal(made.counters(0), { answered: 1, unanswered: 0, announced: 10, conflicts: 0 });
});

const waysToAsk = {
  "without a link-layer address": solicit(VIP, { sourceLinkLayerAddress: NO_MAC }),
  "to this station alone, as who checks whether a neighbor is still there": solicit(VIP, { destination: MAC, destinationAddress: VIP }),
  "to this station alone, without a link-layer address": solicit(VIP, {
    ...{ destination: MAC, destinationAddress: VIP, sourceLinkLayerAddress: NO_MAC },
  }),
  "to all nodes": solicit(VIP, { destination: ALL_NODES.mac, destinationAddress: ALL_NODES.address }),
  "to the group, which an access point sends to this station alone": solicit(VIP, { destination: MAC }),
  "with octets behind the packet": solicit(VIP, { trailingBytes: 170 }),
};
for (const [how, frame] of Object.entries(waysToAsk)) {
  NDP(`process() answers a solicitation ${how}`, () => assert.equal(answerOf(station({ address: VIP }), frame), ANSWER));
}

const ROUTER = 0x80;
const SOLICITED = 0x40;
NDP("Override is always set, Router never, Solicited where one station has asked: RFC 4861 §7.2.4 and §7.2.6", () => {
  const made = station({ address: VIP });
  const flags = (frame: Uint8Array) => Number(answerOf(made, frame)["flags"]);
  const cases = {
    multicast: [flags(solicit(VIP)), SOLICITED],
    unicast: [flags(solicit(VIP, { destination: MAC, destinationAddress: VIP })), SOLICITED],
    "of a probe": [flags(probe(VIP)), 0],
  };
  made.program.setLink(0, SECOND_MAC, true);
  const [unsolicited] = made.tick(0);
  const all = { ...cases, unsolicited: [Number(readAdvertisement(unsolicited?.frame ?? new Uint8Array())["flags"]), 0] };
  for (const [name, [found = 0, solicited]] of Object.entries(all)) {
    assert.is(found & OVERRIDE, OVERRIDE, name);
    assert.is(found & ROUTER, 0, name);
    assert.is(found & SOLICITED, solicited, name);
  }
});

NDP("process() answers to the MAC in the message, where that is another than the frame's", () => {
  const frame = solicit(VIP, { source: STRANGER, sourceLinkLayerAddress: CLIENT6.mac });
  assert.equal(answerOf(station({ address: VIP }), frame), ANSWER);
});

NDP("process() tells who probes for a duplicate by way of all nodes, unsolicited, and takes it for no claim", () => {
  const made = station({ address: VIP });
  const defense = { ...ANSWER, destination: ALL_NODES.mac, destinationAddress: ALL_NODES.address, flags: OVERRIDE };
  assert.equal(answerOf(made, probe(VIP, { source: STRANGER })), defense);
  assert.is(made.program.takeEvents().length, 0);
});

NDP("process() answers what ndisc6 and a kernel have sent, nonce and flow label and all", () => {
  for (const name of ["ndisc6-solicitation", "ndisc6-link-local", "kernel-duplicate-probe", "kernel-reachability-probe"]) {
    const hex = readFileSync(`${fixtures}neighbor-solicitation/${name}/packet.hex`, "utf8").trim();
    const made = station({ address: "2001:db8::2" }, { address: VIP });
    made.program.setLink(0, "02:00:00:00:00:02", true);
    if (name === "kernel-reachability-probe") made.program.setLink(0, "02:00:00:00:00:01", true);
    if (name === "ndisc6-solicitation") made.remove(VIP);
    for (let nowMs = 0; made.program.nextTickMs !== Infinity; nowMs += 1100) made.tick(nowMs);
    assert.is(made.receive(0, [Buffer.from(hex, "hex")]).length, 1, name);
  }
});

NDP("process() answers a whole batch", () => {
  const made = station({ address: VIP }, { address: OTHER_VIP });
  const frames = Array.from({ length: 128 }, (_, at) => solicit(at % 2 === 0 ? VIP : OTHER_VIP));
  const sent = made.receive(0, frames);
  assert.is(sent.length, 128);
  assert.equal(
    sent.slice(0, 2).map(({ frame }) => readAdvertisement(frame)["targetAddress"]),
    [VIP, OTHER_VIP],
  );
});

const snakeCase = (name: string) => name.replace(/(?<!^)[A-Z]/g, "_$&").toLowerCase();

/** Malformed packets that were written down, by reason. Those that are of another type are not advertisements either. */
function malformed(format: string): [reason: string, name: string, frame: Uint8Array][] {
  const folder = `${fixtures}${format}/`;
  const read = (name: string, file: string) => readFileSync(`${folder}${name}/${file}`, "utf8");
  const names = readdirSync(folder).filter((name) => readdirSync(folder + name).includes("error.json"));
  return names.map((name) => {
    const { status } = JSON.parse(read(name, "error.json")) as { status: string };
    return [snakeCase(status), name, Buffer.from(read(name, "packet.hex").trim(), "hex")];
  });
}
const faults = [...malformed("neighbor-solicitation"), ...malformed("neighbor-advertisement")];
for (const [reason, name, frame] of faults) {
  NDP(`process() counts a frame (${name}, ${frame.length} octets) as ${reason}`, () => {
    const made = station({ address: VIP }, { address: OTHER_VIP });
    assert.is(dropOf(made, frame), reason);
    assert.is(made.program.takeEvents().length, 0);
  });
}

NDP("process() counts what is sound and gets no answer by its reason", () => {
  const made = station({ address: VIP }, { address: OTHER_VIP, links: 0b10n }, { address: "2001:db8::3", state: "standby" });
  assert.is(dropOf(made, solicit(VIP, { trailingBytes: 171 })), "oversized");
  assert.is(dropOf(made, advertise("2001:db8::77", STRANGER)), "advertisement");
  assert.is(dropOf(made, solicit(VIP, { destination: STRANGER })), "other_destination");
  assert.is(dropOf(made, solicit(VIP, { destination: SECOND_MAC })), "other_destination");
  assert.is(dropOf(made, solicit(VIP, { destinationAddress: "ff02::1:ff00:2" })), "other_destination");
  assert.is(dropOf(made, solicit(VIP, { destinationAddress: "ff02::2" })), "other_destination");
  assert.is(dropOf(made, solicit("2001:db8:1::1")), "unknown_target");
  assert.is(dropOf(made, solicit(OTHER_VIP)), "other_link");
  assert.is(dropOf(made, solicit("2001:db8::3")), "standby");
  assert.is(made.receive(1, [solicit(OTHER_VIP)]).length, 1);
  assert.equal(
    [0, 1, 2].map((row) => made.counters(row).unanswered),
    [0, 1, 1],
  );
});

NDP("every reason has been shown", () => {
  const shown = new Set(faults.map(([reason]) => reason));
  const others = "oversized advertisement other_destination unknown_target other_link standby claimed own_frame";
  for (const reason of others.split(" ")) shown.add(reason);
  assert.equal(Object.keys(station().program.drops()).sort(), [...shown].sort());
});

NDP("process() never answers who claims an address that it answers for, and says so", () => {
  const made = station({ address: VIP }, { address: OTHER_VIP });
  assert.is(dropOf(made, solicit(OTHER_VIP, { source: STRANGER, sourceAddress: VIP })), "claimed");
  assert.is(dropOf(made, solicit(VIP, { source: STRANGER, sourceAddress: VIP })), "claimed");
  assert.is(dropOf(made, advertise(VIP, STRANGER)), "claimed");
  assert.is(dropOf(made, advertise(VIP, STRANGER, { flags: 0, targetLinkLayerAddress: NO_MAC })), "claimed");
  const events = made.program.takeEvents();
  assert.equal(
    events.map(({ isClaim }) => isClaim),
    [false, true],
    "one of the uses, and one of the claims",
  );
  const [event] = events;
  assert.is(event?.kind, 1);
  assert.is(Buffer.from(event?.mac ?? []).toString("hex"), "020000000066");
  assert.is(Buffer.from(event?.address ?? []).toString("hex"), "20010db8000000000000000000000001");
  assert.is(made.counters(0).conflicts, 4);
  assert.is(made.receive(0, [solicit(VIP)]).length, 1, "an active row keeps answering others");
});

NDP("process() takes a frame of one of its own links for no claim", () => {
  const made = station({ address: VIP });
  assert.is(dropOf(made, advertise(VIP, MAC), 1), "own_frame");
  assert.is(dropOf(made, solicit(VIP, { source: SECOND_MAC, sourceAddress: VIP }), 0), "own_frame");
  assert.is(made.program.takeEvents().length, 0);
  made.program.setLink(1, "", false);
  assert.is(dropOf(made, advertise(VIP, SECOND_MAC)), "claimed", "that MAC is ours no more");
});

NDP("process() lets others use an address that it does not answer for on that link", () => {
  const made = station({ address: VIP, state: "standby" }, { address: OTHER_VIP, links: 0b10n });
  assert.is(dropOf(made, advertise(VIP, STRANGER)), "advertisement");
  assert.is(dropOf(made, advertise(OTHER_VIP, STRANGER)), "advertisement");
  assert.is(made.program.takeEvents().length, 0);
  assert.is(dropOf(made, advertise(OTHER_VIP, STRANGER), 1), "claimed");
});

NDP("a draining row answers until another station claims its address, and stays silent when it is put again", () => {
  const made = station({ address: VIP, state: "draining", links: 0b01n });
  assert.is(made.receive(0, [solicit(VIP)]).length, 1);
  assert.ok(made.program.isAnswering(0));
  assert.is(dropOf(made, advertise(VIP, STRANGER), 1), "advertisement", "a claim on another segment is none of its business");
  assert.is(dropOf(made, advertise(VIP, STRANGER)), "claimed");
  assert.not(made.program.isAnswering(0));
  assert.is(dropOf(made, solicit(VIP)), "standby");
  made.put({ address: VIP, state: "draining", links: 0b01n });
  assert.is(dropOf(made, solicit(VIP)), "standby");
  made.put({ address: VIP });
  assert.is(made.receive(0, [solicit(VIP)]).length, 1);
});

NDP("a removed row is not answered for, and its id is given out with fresh counters", () => {
  const made = station({ address: VIP });
  made.receive(0, [solicit(VIP)]);
  made.remove(VIP, 4);
  assert.is(made.program.rowCount, 1, "another family is another row");
  made.remove(VIP);
  assert.is(dropOf(made, solicit(VIP)), "unknown_target");
  assert.not(made.program.isAnswering(0));
  assert.is(made.put({ address: OTHER_VIP, state: "standby" }), 0);
  assert.equal(made.counters(0), { answered: 0, unanswered: 0, announced: 0, conflicts: 0 });
});

NDP("process() is silent on a link that is down, was never attached, or is none", () => {
  const made = station({ address: VIP });
  made.program.setLink(1, SECOND_MAC, false);
  for (const link of [1, 2, 63, 64, -1, 0x7fffffff]) assert.is(made.receive(link, [solicit(VIP)]).length, 0, `link ${link}`);
  assert.is(made.program.process(0, 129, 0), 0, "more frames than slots");
});

NDP("put() refuses other families and states", () => {
  const made = station();
  assert.is(made.program.refusalName(made.put({ address: VIP, family: 4 })), "family");
  for (const state of [0, 4, 255]) assert.is(made.program.refusalName(made.put({ address: VIP, state })), "state");
  assert.is(made.program.rowCount, 0);
});

NDP("put() takes 65,536 rows, whose addresses differ anywhere, and refuses the next one", () => {
  const made = station();
  const address = (row: number) => {
    const part = (row & 0xffff).toString(16);
    return row < 0x8000 ? `2001:db8:0:1::${part}` : `2001:db8:${part}::1`;
  };
  for (let row = 0; row < 65_536; row++) assert.is(made.put({ address: address(row), state: "draining" }), row);
  assert.is(made.program.refusalName(made.put({ address: "2001:db9::" })), "table_full");
  const asked = [0, 7, 40_000, 65_535].map((row) => solicit(address(row)));
  assert.is(made.receive(0, [...asked, solicit("2001:db9::")]).length, 4);
  assert.equal(made.takeDrops(), { unknown_target: 1 });
  made.remove(address(40_000));
  assert.is(made.put({ address: "2001:db9::" }), 40_000);
});

NDP("tick() announces five rounds 1.1 s apart, to all nodes, unsolicited, with Override", () => {
  const made = new ProgramStation("ndp");
  made.program.setLink(0, MAC, true);
  made.put({ address: VIP });
  assert.is(made.program.nextTickMs, 0);
  for (let round = 0; round < 5; round++) {
    const sent = made.tick(1000 + round * 1100);
    assert.equal(
      sent.map(({ frame }) => readAdvertisement(frame)),
      [{ ...ANSWER, destination: ALL_NODES.mac, destinationAddress: ALL_NODES.address, flags: OVERRIDE }],
      `round ${round}`,
    );
    assert.is(made.program.nextTickMs, round === 4 ? Infinity : 1000 + (round + 1) * 1100);
    assert.is(made.tick(1000 + (round + 1) * 1100 - 1).length, 0, "not before its time");
  }
});

NDP("setLink() announces active rows again when a link comes up or changes its MAC, on that link", () => {
  const made = station({ address: VIP }, { address: OTHER_VIP, links: 0b01n }, { address: "2001:db8::3", state: "standby" });
  const announced = () =>
    made.tick(0).map(({ link, frame }) => {
      const { targetAddress, targetLinkLayerAddress } = readAdvertisement(frame);
      return `${link} ${targetAddress} ${targetLinkLayerAddress}`;
    });
  made.program.setLink(1, SECOND_MAC, true);
  assert.equal(announced(), [], "nothing changed");
  made.program.setLink(1, STRANGER, true);
  assert.equal(announced(), [`1 ${VIP} ${STRANGER}`]);
  made.program.setLink(0, MAC, false);
  made.program.setLink(0, MAC, true);
  assert.equal(
    announced().filter((line) => line.startsWith("0 ")),
    [`0 ${VIP} ${MAC}`, `0 ${OTHER_VIP} ${MAC}`],
  );
});

NDP.run();
