/** The plugin on a host in memory, and whoever else is on the link. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createTestHost, type TestHost, type UdpPeer } from "../../host/workbench/authoring/testing.ts";
import { type DnsRecord, type Message, readMessage, TYPE_A, TYPE_AAAA, TYPE_ANY, TYPE_NSEC, writeMessage } from "./message.ts";
import plugin from "./plugin.ts";
import { addressRecords } from "./records.ts";
import { announce, service } from "./test-stage.ts";

const mdns = suite("mdns");

const GROUP = "224.0.0.251";
const TO_GROUP = { address: GROUP, port: 5353 };
const LINK = { name: "eth0", mac: "02:00:00:00:00:00", addresses: ["192.0.2.1/24"] };
const nothing = { id: 0, isResponse: false, isTruncated: false, questions: [], answers: [], authorities: [], additionals: [] };

async function start(config = {}): Promise<TestHost> {
  const host = await createTestHost(plugin, {
    config: { interfaces: ["eth0"], ...config },
    links: [LINK],
    services: [service("default/web"), service("shop/web")],
  });
  await host.pass(0);
  return host;
}

/** Has a name, long enough for it to be established. */
async function established(config = {}, vips = ["198.51.100.1"]): Promise<TestHost> {
  const host = await start(config);
  await host.announce(...vips.map((vip) => announce(vip)));
  await host.pass(10_000);
  return host;
}

const types: Readonly<Record<number, string>> = { [TYPE_A]: "A", [TYPE_AAAA]: "AAAA", [TYPE_NSEC]: "NSEC" };
const textOf = ({ name, type, ttlSeconds, data }: DnsRecord): string =>
  [name, ttlSeconds, types[type] ?? type, ...(type === TYPE_A ? [data.join(".")] : [])].join(" ");

/** Each message that was sent since, as `? web.local 255` or `web.local 120 A 198.51.100.1`, additional records in brackets. */
function sent(host: TestHost, from = 0, to = GROUP): string[] {
  return host.udp.sent
    .slice(from)
    .filter((each) => each.to.address === to)
    .map(({ bytes }) => {
      const message = readMessage(bytes) as Message;
      const asked = message.isResponse ? [] : message.questions.map(({ name, type }) => `? ${name} ${type}`);
      return [...asked, ...message.answers.map(textOf), ...message.additionals.map((record) => `[${textOf(record)}]`)].join(", ");
    });
}

function neighbor(host: TestHost, address = "192.0.2.9", port = 5353): UdpPeer & { say(message: Partial<Message>): Promise<void> } {
  const peer = host.udp.peer(address, port);
  return Object.assign(peer, {
    async say(message: Partial<Message>) {
      peer.send(writeMessage({ ...nothing, ...message }), TO_GROUP);
      await host.pass(0);
    },
  });
}

const question = (type: number, parts: { name?: string; isUnicast?: boolean } = {}) => ({
  questions: [{ name: "web.local", type, class: 1, isUnicast: false, ...parts }],
});
const PROBE = "? web.local 255";
const ANSWER = "web.local 120 A 198.51.100.1";
const NO_IPV6 = "[web.local 120 NSEC]";

mdns("a name is probed for three times, then announced twice, and then there is silence", async () => {
  const host = await start();
  await host.announce(announce("198.51.100.1"));
  assert.equal(sent(host), []);
  await host.pass(250);
  assert.equal(sent(host), [PROBE]);
  await host.pass(10_000);
  assert.equal(sent(host), [PROBE, PROBE, PROBE, ANSWER, ANSWER]);
  const [probe] = host.udp.sent.map(({ bytes }) => readMessage(bytes) as Message);
  assert.equal(probe?.authorities.map(textOf), [ANSWER]);
  assert.is(probe?.questions[0]?.isUnicast, true);
  await host.close();
});

mdns("a question is answered at once, in whatever case it is asked, with what else there is", async () => {
  const host = await established();
  const from = host.udp.sent.length;
  await neighbor(host).say(question(TYPE_A, { name: "WEB.Local" }));
  assert.equal(sent(host, from), [`${ANSWER}, ${NO_IPV6}`]);
  await host.close();
});

mdns("of both families each is answered with the other beside it", async () => {
  const host = await established({}, ["198.51.100.1", "2001:db8::1"]);
  const from = host.udp.sent.length;
  await neighbor(host).say(question(TYPE_AAAA));
  assert.equal(sent(host, from), [`web.local 120 AAAA, [${ANSWER}]`]);
  await host.close();
});

mdns("what there is not is said", async () => {
  const host = await established();
  const from = host.udp.sent.length;
  await neighbor(host).say(question(TYPE_AAAA));
  assert.equal(sent(host, from), ["web.local 120 NSEC"]);
  await host.close();
});

mdns("nothing is said to who asks for other names, in other classes, or before the name is ours", async () => {
  const host = await start();
  await host.announce(announce("198.51.100.1"));
  const peer = neighbor(host);
  await peer.say(question(TYPE_A));
  assert.equal(sent(host), []);
  await host.pass(10_000);
  const from = host.udp.sent.length;
  await peer.say(question(TYPE_A, { name: "other.local" }));
  await peer.say({ questions: [{ name: "web.local", type: TYPE_A, class: 3, isUnicast: false }] });
  assert.equal(sent(host, from), []);
  await host.close();
});

mdns("who knows the answer, and will for a minute, is not told again", async () => {
  const host = await established();
  const from = host.udp.sent.length;
  const known = (ttlSeconds: number) => addressRecords("web.local", ["198.51.100.1"]).map((record) => ({ ...record, ttlSeconds }));
  await neighbor(host).say({ ...question(TYPE_A), answers: known(60) });
  assert.equal(sent(host, from), []);
  await neighbor(host).say({ ...question(TYPE_A), answers: known(59) });
  assert.is(sent(host, from).length, 1);
  await host.close();
});

mdns("known answers may come in several messages", async () => {
  const host = await established();
  const from = host.udp.sent.length;
  const peer = neighbor(host);
  const answers = addressRecords("web.local", ["198.51.100.1"]);
  await peer.say({ ...question(TYPE_A), isTruncated: true });
  await host.pass(100);
  await peer.say({ answers });
  await host.pass(1000);
  assert.equal(sent(host, from), []);
  await peer.say({ ...question(TYPE_A), isTruncated: true });
  await host.pass(399);
  assert.equal(sent(host, from), []);
  await host.pass(102);
  assert.is(sent(host, from).length, 1);
  await host.close();
});

mdns("nothing is multicast more than once a second", async () => {
  const host = await established();
  const from = host.udp.sent.length;
  const peer = neighbor(host);
  for (let count = 0; count < 20; count++) {
    await peer.say(question(TYPE_A));
    await host.pass(100);
  }
  assert.is(sent(host, from).length, 2);
  await host.close();
});

mdns("who asks for it is answered by unicast, where all have heard it of late", async () => {
  const host = await established();
  const peer = neighbor(host);
  const from = host.udp.sent.length;
  await peer.say(question(TYPE_A, { isUnicast: true }));
  assert.equal(sent(host, from), []);
  assert.equal(sent(host, from, "192.0.2.9"), [`${ANSWER}, ${NO_IPV6}`]);
  await host.pass(31_000);
  await peer.say(question(TYPE_A, { isUnicast: true }));
  assert.equal(sent(host, from), [`${ANSWER}, ${NO_IPV6}`]);
  await host.close();
});

mdns("who asks from another port is answered as by ordinary DNS", async () => {
  const host = await established();
  const peer = neighbor(host, "192.0.2.9", 40_000);
  await peer.say({ ...question(TYPE_A, { name: "Web.local", isUnicast: true }), id: 4711 });
  const [answer] = peer.received.map(({ bytes }) => readMessage(bytes) as Message);
  assert.is(answer?.id, 4711);
  assert.equal(answer?.questions, [{ name: "Web.local", type: TYPE_A, class: 1, isUnicast: false }]);
  assert.equal(answer?.answers.map(textOf), ["web.local 10 A 198.51.100.1"]);
  assert.is(answer?.answers[0]?.isFlush, false);
  await host.close();
});

mdns("without legacyUnicast it is not, and the permission is for one port", async () => {
  const host = await established({ legacyUnicast: false });
  const peer = neighbor(host, "192.0.2.9", 40_000);
  await peer.say(question(TYPE_A));
  assert.is(peer.received.length, 0);
  assert.equal(plugin.permissions({ legacyUnicast: false })[0], { kind: "udp", host: "*:5353" });
  await host.close();
});

mdns("what comes from another network is not heard", async () => {
  const host = await established();
  const from = host.udp.sent.length;
  await neighbor(host, "203.0.113.9").say(question(TYPE_A));
  assert.is(host.udp.sent.length, from);
  await host.close();
});

mdns("what is withdrawn is said goodbye to, what moved to another node is not", async () => {
  const host = await established({}, ["198.51.100.1", "198.51.100.2"]);
  const from = host.udp.sent.length;
  await host.withdraw("198.51.100.1");
  assert.equal(sent(host, from), ["web.local 0 A 198.51.100.1"]);
  const removed = [announce("198.51.100.2")];
  await host.announcer.apply({ added: [], changed: [], removed, moved: new Set(["198.51.100.2"]) });
  await host.pass(5000);
  assert.is(host.udp.sent.length, from + 1);
  await host.close();
});

mdns("an address more is announced without a probe", async () => {
  const host = await established();
  const from = host.udp.sent.length;
  await host.announce(announce("2001:db8::1"));
  await host.pass(5000);
  assert.equal(sent(host, from), [`${ANSWER}, web.local 120 AAAA`, `${ANSWER}, web.local 120 AAAA`]);
  await host.close();
});

const theirs = (ttlSeconds = 120) => addressRecords("web.local", ["192.0.2.99"]).map((record) => ({ ...record, ttlSeconds }));

mdns("whoever answers our probes keeps the name, and we have another", async () => {
  const host = await start();
  const peer = neighbor(host);
  await host.announce(announce("198.51.100.1"));
  await host.pass(300);
  await peer.say({ isResponse: true, answers: theirs() });
  assert.is(host.reports.size, 0);
  await host.pass(1100);
  await peer.say({ isResponse: true, answers: theirs() });
  assert.equal([...host.reports], [["198.51.100.1", "default/web is web-default.local: another has web.local"]]);
  await host.pass(5000);
  assert.equal(sent(host).at(-1), "web-default.local 120 A 198.51.100.1");
  assert.equal(
    (await host.metrics()).filter((line) => line.includes("conflicts")),
    ["herald_plugin_mdns_conflicts_total 1"],
  );
  await host.withdraw("198.51.100.1");
  assert.is(host.reports.size, 0);
  await host.close();
});

mdns("one that says it once, and is not there a second later, does not", async () => {
  const host = await start();
  await host.announce(announce("198.51.100.1"));
  await host.pass(300);
  await neighbor(host).say({ isResponse: true, answers: theirs() });
  await host.pass(5000);
  assert.equal(sent(host).at(-1), ANSWER);
  await host.close();
});

mdns("a name of ours is defended by probing again, and lost to who insists", async () => {
  const host = await established();
  const from = host.udp.sent.length;
  const peer = neighbor(host);
  await peer.say({ isResponse: true, answers: theirs() });
  await host.pass(5000);
  assert.equal(sent(host, from), [PROBE, PROBE, PROBE, ANSWER, ANSWER]);
  for (let count = 0; count < 4; count++) {
    await peer.say({ isResponse: true, answers: theirs() });
    await host.pass(1200);
  }
  await host.pass(5000);
  assert.equal(sent(host).at(-1), "web-default.local 120 A 198.51.100.1");
  await host.close();
});

mdns("who probes for a name of ours is answered at once, who asks again within 250 ms is not", async () => {
  const host = await established();
  const from = host.udp.sent.length;
  const peer = neighbor(host);
  const probe = { ...question(TYPE_ANY), authorities: theirs() };
  await peer.say(probe);
  await host.pass(200);
  await peer.say(probe);
  assert.is(sent(host, from).length, 1);
  await host.pass(60);
  await peer.say(probe);
  assert.is(sent(host, from).length, 2);
  await host.close();
});

mdns("of two that probe at once the one with the greater records has the name, the other waits and sees", async () => {
  for (const [vip, probesAtOnce] of [
    ["198.51.100.1", true],
    ["10.0.0.1", false],
  ] as const) {
    const host = await start();
    await host.announce(announce(vip));
    await host.pass(250);
    const from = host.udp.sent.length;
    await neighbor(host).say({
      ...question(TYPE_ANY),
      authorities: addressRecords("web.local", ["192.0.2.99"]).map((record) => ({ ...record, isFlush: false })),
    });
    await host.pass(260);
    assert.is(sent(host, from).length > 0, probesAtOnce, vip);
    await host.pass(5000);
    assert.is(sent(host).at(-1), `web.local 120 A ${vip}`);
    await host.close();
  }
});

mdns("what the node before us says goodbye to is announced again", async () => {
  const host = await established();
  const from = host.udp.sent.length;
  await neighbor(host).say({
    isResponse: true,
    answers: addressRecords("web.local", ["198.51.100.1"]).map((record) => ({ ...record, ttlSeconds: 0 })),
  });
  assert.equal(sent(host, from), [ANSWER]);
  await host.close();
});

mdns("what we say ourselves is no conflict, heard again", async () => {
  const host = await established();
  const from = host.udp.sent.length;
  const peer = neighbor(host);
  for (const { bytes } of [...host.udp.sent]) peer.send(bytes, TO_GROUP);
  await host.pass(5000);
  assert.equal(
    sent(host, from).filter((line) => line !== ANSWER && !line.startsWith(`${ANSWER}, `)),
    [],
  );
  await host.close();
});

mdns("Services of one name have names apart, and a new annotation is a new name", async () => {
  const host = await start();
  await host.announce(announce("198.51.100.1", ["default/web"]), announce("198.51.100.2", ["shop/web"]));
  await host.pass(5000);
  assert.ok(sent(host).includes("web-shop.local 120 A 198.51.100.2"));
  assert.equal([...host.reports], [["198.51.100.2", "shop/web is web-shop.local: another has web.local"]]);
  const from = host.udp.sent.length;
  await host.setServices(service("default/web"), service("shop/web", "shop"));
  await host.pass(5000);
  assert.is(sent(host, from)[0], "web-shop.local 0 A 198.51.100.2");
  assert.is(sent(host, from).at(-1), "shop.local 120 A 198.51.100.2");
  assert.is(host.reports.size, 0);
  await host.close();
});

mdns("Services that share an address share it under their own names", async () => {
  const host = await start();
  await host.announce(announce("198.51.100.1", ["default/mail", "default/web"]));
  await host.pass(5000);
  for (const name of ["mail.local", "web.local"]) assert.ok(sent(host).includes(`${name} 120 A 198.51.100.1`), name);
  await host.close();
});

mdns("noise is not answered and harms nobody", async () => {
  const host = await established();
  const from = host.udp.sent.length;
  const peer = neighbor(host);
  const probe = host.udp.sent[0]?.bytes ?? new Uint8Array();
  for (let length = 0; length < probe.length; length++) peer.send(probe.subarray(0, length), TO_GROUP);
  await host.pass(0);
  assert.is(host.udp.sent.length, from);
  await neighbor(host).say(question(TYPE_A));
  assert.is(sent(host, from).length, 1);
  await host.close();
});

mdns.run();
