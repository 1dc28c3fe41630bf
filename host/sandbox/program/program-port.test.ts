import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Permission, ProgramEvent } from "../../announcer.ts";
import { type MemoryLinks, memoryLinks } from "../../packets/links.ts";
import type { RawEvent } from "../../packets/program.ts";
import type { PacketService } from "../../packets/service.ts";
import { loadModule } from "../../packets/wasm.ts";
import type { WireLink } from "../../packets/wire.ts";
import { testLink } from "../../workbench/testing/links.ts";
import { recordedLog } from "../../workbench/testing/log.ts";
import { rejects, until } from "../../workbench/testing/promises.ts";
import { Grants } from "../permissions/grants.ts";
import { openProgram, type ProgramPort } from "./program-port.ts";

const port = suite("program port");

const ETHERTYPE = 0x0806;
const everyLink: readonly Permission[] = [{ kind: "frame", link: "*", etherType: ETHERTYPE }];

/** A service that writes down what it is asked, and answers what a test tells it to. */
class FakeService implements PacketService {
  onStates = () => () => {};
  onReports = () => () => {};
  onLate = () => () => {};
  setPeers: PacketService["setPeers"] = () => this.#call("peers", () => {});
  setWitnesses: PacketService["setWitnesses"] = () => this.#call("witnesses", () => {});
  ask: PacketService["ask"] = () => this.#call("ask", () => false);
  claimOf: PacketService["claimOf"] = () => this.#call("claim", () => undefined);
  depose: PacketService["depose"] = () => this.#call("depose", () => {});
  leave: PacketService["leave"] = () => this.#call("leave", () => {});
  readonly wire = "memory";
  readonly problem = undefined;
  readonly calls: string[] = [];
  readonly listeners = new Set<(program: string, event: RawEvent) => void>();
  /** Links that cannot be opened, and why. */
  readonly broken = new Map<string, string>();
  refuse: { at: number; reason: string }[] = [];
  /** What every call waits for. */
  answer: Promise<unknown> = Promise.resolve();

  async #call<Result>(call: string, result: () => Result): Promise<Result> {
    this.calls.push(call);
    await this.answer;
    return result();
  }

  addProgram: PacketService["addProgram"] = (name, _, match, seed) =>
    this.#call(`add ${name} ${JSON.stringify(match)} ${seed.length}`, () => {});
  removeProgram: PacketService["removeProgram"] = (name) => this.#call(`unload ${name}`, () => {});
  attach: PacketService["attach"] = (_, links) =>
    this.#call(`attach ${links.map(describe).join(", ")}`, () =>
      links.flatMap(({ name }) => (this.broken.has(name) ? { link: name, error: this.broken.get(name) ?? "" } : [])),
    );
  openDatagrams: PacketService["openDatagrams"] = (_, port, { address, udpPort, hopLimit, link }) =>
    this.#call(`listen ${port} ${address} ${udpPort} ${hopLimit ?? "-"} ${link?.name ?? "-"}`, () => udpPort);
  closeDatagrams: PacketService["closeDatagrams"] = (_, port) => this.#call(`close ${port}`, () => {});
  put: PacketService["put"] = (_, rows) =>
    this.#call(`put ${addresses(rows)}`, () => ({
      ids: Int32Array.from({ length: rows.length / 64 }, (_, at) => at + 7),
      refused: this.refuse,
    }));
  remove: PacketService["remove"] = (_, rows) => this.#call(`remove ${addresses(rows)}`, () => {});
  counters: PacketService["counters"] = (_, ids) =>
    this.#call(`counters ${ids.join()}`, () => Array.from(ids, (id) => ({ answered: id, unanswered: 0, announced: 0, conflicts: 0 })));
  statistics: PacketService["statistics"] = () => this.#call("statistics", () => ({}));
  onEvent: PacketService["onEvent"] = (call) => {
    this.listeners.add(call);
    return () => this.listeners.delete(call);
  };
  stop = () => this.#call("stop", () => {});
}

function describe({ name, mac, up, reception }: WireLink): string {
  return [name, up ? "" : "down", mac.slice(-2), reception ?? ""].filter((part) => part !== "").join(" ");
}

/** Family and first four bytes of the address of each row. */
function addresses(rows: Uint8Array): string {
  const buffer = Buffer.from(rows);
  return Array.from(
    { length: rows.length / 64 },
    (_, at) => `${buffer[at * 64]}:${buffer.toString("hex", at * 64 + 16, at * 64 + 20)}`,
  ).join(" ");
}

interface Setting {
  readonly service: FakeService;
  readonly links: MemoryLinks;
  readonly program: ProgramPort;
  readonly lines: ReturnType<typeof recordedLog>["lines"];
}

async function open(allow: readonly Permission[] = everyLink): Promise<Setting> {
  const service = new FakeService();
  const links = memoryLinks([testLink("eth0"), testLink("eth1")]);
  const { log, lines } = recordedLog();
  const host = {
    node: "node-a",
    service,
    links,
    grants: new Grants("x", allow),
    log,
    isWireless: (name: string) => name.startsWith("wlan"),
  };
  const program = await openProgram("x", loadModule("arp"), { etherType: ETHERTYPE }, host);
  service.calls.length = 0;
  return { service, links, program, lines };
}

const row = (address: string, parts = {}) => ({ address, links: null, state: "active" as const, ...parts });

port("openProgram() loads the program under the plugin's name, for its frames, with a random seed", async () => {
  const service = new FakeService();
  const host = { node: "node-a", service, links: memoryLinks(), grants: new Grants("x", []), log: recordedLog().log };
  await openProgram("vrrp", loadModule("arp"), { etherType: 0x0800, ipProtocol: 112 }, host);
  assert.equal(service.calls, ['add vrrp {"etherType":2048,"ipProtocol":112} 2']);
});

port("attach() opens the links that exist; others as they come, go and change", async () => {
  const { program, service, links } = await open();
  await program.attach(["eth0", "eth2"]);
  links.set([testLink("eth0"), testLink("eth2")]);
  links.set([testLink("eth0", { up: false }), testLink("eth2")]);
  links.set([testLink("eth0"), testLink("eth2", { mac: "02:00:00:00:00:ff" })]);
  links.set([testLink("eth2")]);
  await program.attach([]);
  links.set([testLink("eth0"), testLink("eth2")]);
  assert.equal(service.calls, [
    "attach eth0 00",
    "attach eth0 00, eth2 02",
    "attach eth0 down 00, eth2 02",
    "attach eth0 00, eth2 ff",
    "attach eth2 02",
    "attach ",
  ]);
});

port(
  "attach() asks for all multicast where a link is wireless, with one line that says why, or for everything where it is told to",
  async () => {
    const { program, service, links, lines } = await open();
    await program.attach(["eth0", "wlan0"]);
    links.set([testLink("eth0"), testLink("wlan0")]);
    links.set([testLink("eth0"), testLink("wlan0", { up: false })]);
    await program.attach(["eth0", "wlan0"], { promiscuous: true });
    assert.equal(service.calls, [
      "attach eth0 00",
      "attach eth0 00, wlan0 00 all-multicast",
      "attach eth0 00, wlan0 down 00 all-multicast",
      "attach eth0 00 promiscuous, wlan0 down 00 promiscuous",
    ]);
    assert.equal(
      lines.map(({ message, fields }) => [message.slice(0, 44), fields["link"]]),
      [["Asking for all multicast on a wireless link:", "wlan0"]],
    );
  },
);

port("what does not touch an attached link attaches nothing anew", async () => {
  const { program, service, links } = await open();
  await program.attach(["eth0"]);
  const addresses = [{ address: "192.0.2.1", prefixLength: 24 }];
  links.set([testLink("eth0", { addresses }), testLink("eth1")]);
  links.set([testLink("eth0", { addresses, mtu: 9000 })]);
  links.set([testLink("eth0"), testLink("veth7")]);
  assert.equal(service.calls, ["attach eth0 00"]);
  links.set([testLink("eth0", { up: false, addresses })]);
  links.set([testLink("eth0", { addresses })]);
  assert.equal(service.calls.slice(1), ["attach eth0 down 00", "attach eth0 00"]);
});

port("attach() hands on what it is told in that order, however long the answers take", async () => {
  const { program, service, links } = await open();
  let answer = () => {};
  service.answer = new Promise<void>((resolve) => (answer = resolve));
  const calls = [program.attach(["eth0"]), program.attach(["eth0", "eth1"])];
  links.set([testLink("eth1")]);
  calls.push(program.attach(["eth1"]));
  assert.equal(service.calls, ["attach eth0 00", "attach eth0 00, eth1 01", "attach eth1 01", "attach eth1 01"]);
  answer();
  await Promise.all(calls);
});

port("attach() refuses a link that was not granted, and changes nothing", async () => {
  const { program, service } = await open([{ kind: "frame", link: "eth0", etherType: ETHERTYPE }]);
  await program.attach(["eth0"]);
  await rejects(program.attach(["eth0", "eth1"]), /^NotCapable: Plugin x may not use frame "eth1\/0x0806"/);
  assert.equal(service.calls, ["attach eth0 00"]);
});

port("a link that cannot be opened is said once, and tried again until it can", async () => {
  const { program, service, links, lines } = await open();
  service.broken.set("eth1", "no buffer space");
  await program.attach(["eth0", "eth1"]);
  links.set([testLink("eth0"), testLink("eth1"), testLink("eth2")]);
  await until(() => service.calls.length === 3);
  service.broken.clear();
  await until(() => lines.length > 1);
  assert.equal(lines, [
    { level: "warn", message: "Cannot attach link; trying again", fields: { link: "eth1", error: "no buffer space" } },
    { level: "info", message: "Attached link after all", fields: { link: "eth1" } },
  ]);
  const calls = service.calls.length;
  await new Promise((resolve) => setTimeout(resolve, 1200));
  assert.is(service.calls.length, calls, "then it is left alone");
});

port("bind() opens a datagram port where that was granted, on a link that is there", async () => {
  const { program, service } = await open([{ kind: "udp", host: "192.0.2.0/24:3784" }]);
  const at = { address: "192.0.2.1", port: 3784 };
  assert.is(await program.bind(1, { ...at, hopLimit: 255, link: "eth1" }), 3784);
  await program.bind(2, at);
  await program.unbind(1);
  await rejects(program.bind(1, { ...at, port: 3785 }), /^NotCapable: Plugin x may not use udp "192.0.2.1:3785"/);
  await rejects(program.bind(1, { ...at, address: "0.0.0.0" }), /^NotCapable/);
  await rejects(program.bind(1, { ...at, address: "localhost" }), /Cannot use "localhost" as an address/);
  await rejects(program.bind(1, { ...at, link: "eth7" }), /Cannot bind a datagram port on eth7: no such link/);
  assert.equal(service.calls, ["listen 1 192.0.2.1 3784 255 eth1", "listen 2 192.0.2.1 3784 - -", "close 1"]);
});

port("bind() closes a port again that was any free one, and turns out to be denied", async () => {
  const service = new FakeService();
  service.openDatagrams = async () => 40_000;
  const grants = new Grants("x", [{ kind: "udp", host: "*" }], [{ kind: "udp", host: "*:40000" }]);
  const host = { node: "node-a", service, links: memoryLinks(), grants, log: recordedLog().log };
  const program = await openProgram("x", loadModule("arp"), undefined, host);
  await rejects(program.bind(1, { address: "192.0.2.1", port: 0 }), /^NotCapable: .* udp "192.0.2.1:40000"; it was denied$/);
  assert.is(service.calls.at(-1), "close 1");
});

port("a program of datagrams only has no frames, and knows its links without a permission", async () => {
  const service = new FakeService();
  const host = { node: "node-a", service, links: memoryLinks([testLink("eth0")]), grants: new Grants("x", []), log: recordedLog().log };
  const program = await openProgram("x", loadModule("echo"), undefined, host);
  await program.attach(["eth0"]);
  assert.equal(service.calls, ["add x undefined 2", "attach eth0 00"]);
});

port("put() gives back what it cannot write and what the table refuses, by the plugin's own text", async () => {
  const { program, service } = await open();
  service.refuse = [{ at: 1, reason: "table_full" }];
  const rows = [
    row("192.0.2.1"),
    row("192.0.2.300"),
    row("2001:DB8::1"),
    row("192.0.2.3", { attributes: new Uint8Array(33) }),
    row("192.0.2.4"),
  ];
  assert.equal(await program.put(rows), [
    { vip: "192.0.2.300", reason: '"192.0.2.300" is not an address' },
    { vip: "192.0.2.3", reason: "33 bytes of attributes, expected at most 32" },
    { vip: "2001:DB8::1", reason: "table_full" },
  ]);
  assert.equal(service.calls, ["put 4:c0000201 6:20010db8 4:c0000204"]);
  assert.equal([...(await program.counters()).keys()], ["192.0.2.1", "192.0.2.4"]);
});

port("put() refuses a row on more links than there are bits, and takes the others", async () => {
  const { program, service } = await open();
  const names = Array.from({ length: 65 }, (_, at) => `port${at}`);
  const refused = await program.put([row("192.0.2.1", { links: names }), row("192.0.2.2")]);
  assert.equal(
    refused.map(({ vip }) => vip),
    ["192.0.2.1"],
  );
  assert.match(refused[0]?.reason ?? "", "expected at most 64");
  assert.equal(service.calls, ["put 4:c0000202"]);
});

port("remove() takes rows that it never saw put, and passes over what is no address", async () => {
  const { program, service } = await open();
  await program.remove(["192.0.2.9", "nonsense", "2001:db8::9"]);
  assert.equal(service.calls, ["remove 4:c0000209 6:20010db8"]);
});

port("counters() are those of the rows that are there, by canonical address", async () => {
  const { program, service } = await open();
  await program.put([row("192.0.2.1"), row("2001:DB8::1")]);
  await program.remove(["192.0.2.1"]);
  assert.equal([...(await program.counters())], [["2001:db8::1", { answered: 8, unanswered: 0, announced: 0, conflicts: 0 }]]);
  await program.remove(["2001:db8:0::1"]);
  assert.is((await program.counters()).size, 0);
  assert.is(service.calls.at(-1), "counters ");
});

const conflict = (link: number): RawEvent => ({
  ...{ kind: 1, atMs: 0, suppressed: 2, isClaim: true, link },
  address: Uint8Array.of(192, 0, 2, 1, ...new Uint8Array(12)),
  mac: Uint8Array.of(2, 0, 0, 0, 0, 9),
});

port("onEvent() hears what its own program says, translated, until it is closed", async () => {
  const { program, service, links } = await open();
  const heard: ProgramEvent[] = [];
  const close = program.onEvent((event) => heard.push(event));
  const say = (name: string, link: number) => service.listeners.forEach((call) => void call(name, conflict(link)));
  say("x", links.id("eth1"));
  say("y", links.id("eth1"));
  say("x", 63);
  close();
  close();
  say("x", 0);
  assert.equal(
    heard.map(({ kind, address, link, mac, heldBack }) => [kind, address, link, mac, heldBack]),
    [
      ["conflict", "192.0.2.1", "eth1", "02:00:00:00:00:09", 2],
      ["conflict", "192.0.2.1", "link 63", "02:00:00:00:00:09", 2],
    ],
  );
});

port("close() unloads the program and ends everything, also what is still being attached", async () => {
  const { program, service, links, lines } = await open();
  service.broken.set("eth0", "no buffer space");
  let answer = () => {};
  service.answer = new Promise<void>((resolve) => (answer = resolve));
  const attaching = program.attach(["eth0"]);
  program.onEvent(() => assert.unreachable("an event after the end"));
  const closing = program.close();
  answer();
  await Promise.all([attaching, closing, program.close()]);
  links.set([testLink("eth1")]);
  service.listeners.forEach((call) => void call("x", conflict(0)));
  assert.equal(service.calls, ["attach eth0 00", "unload x"]);
  assert.is(service.listeners.size, 0);
  assert.equal(lines, []);
  for (const call of [
    program.attach(["eth0"]),
    program.put([row("192.0.2.1")]),
    program.remove(["192.0.2.1"]),
    program.bind(1, { address: "::", port: 0 }),
    program.unbind(1),
  ])
    await rejects(call, /^Error: Cannot use the packet program of plugin x: it has stopped/);
});

port("close() is content where the packet worker has gone before", async () => {
  const { program, service } = await open();
  service.answer = Promise.reject(new Error("the packet worker has stopped"));
  await program.close();
});

port.run();
