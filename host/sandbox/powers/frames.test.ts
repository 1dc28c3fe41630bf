import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Permission } from "../../announcer.ts";
import { memoryFrames } from "../../packets/frame-socket.ts";
import { memoryLinks } from "../../packets/links.ts";
import { memoryWire } from "../../packets/memory-wire.ts";
import { testLink } from "../../workbench/testing/links.ts";
import { rejects } from "../../workbench/testing/promises.ts";
import { Opened } from "../opened.ts";
import { Grants } from "../permissions/grants.ts";
import { createFrames } from "./frames.ts";

const frames = suite("frames");

const OWN = "02:00:00:00:00:00";
const VIRTUAL = "00:00:5e:00:01:07";
const VRRP = 112;
function plugin(allow: readonly Permission[]) {
  const segment = memoryWire();
  const sent: string[] = [];
  segment.onFrame((frame, from) => sent.push(`${from} ${Buffer.from(frame).toString("hex")}`));
  const opened = new Opened("vrrp");
  const links = memoryLinks([testLink("eth0"), testLink("eth1")]);
  return { segment, sent, opened, links, frames: createFrames(new Grants("vrrp", allow), links, memoryFrames(segment), opened) };
}

/** Destination, source, EtherType, payload. */
function frame(source: string, etherType: number, payload: Uint8Array = new Uint8Array(46)): Uint8Array {
  const header = `ffffffffffff${source.replaceAll(":", "")}${etherType.toString(16).padStart(4, "0")}`;
  return Uint8Array.from(Buffer.concat([Buffer.from(header, "hex"), payload]));
}

/** An IPv4 header with a protocol, as far as that matters here. */
function packet(protocol: number): Uint8Array {
  const bytes = new Uint8Array(40);
  bytes[0] = 0x45;
  bytes[9] = protocol;
  return bytes;
}

const lldp: readonly Permission[] = [{ kind: "frame", link: "eth0", etherType: 0x88cc }];
const vrrp: readonly Permission[] = [{ kind: "frame", link: "*", etherType: 0x0800, ipProtocol: VRRP, sourceMac: "00:00:5e:00:01:*" }];

frames("sends frames of its EtherType from the link's own MAC, and hears those of others", async () => {
  const { frames, segment, sent, opened } = plugin(lldp);
  const socket = await frames.open({ link: "eth0", etherType: 0x88cc });
  const heard: string[] = [];
  socket.onFrame((received) => heard.push(Buffer.from(received).toString("hex")));
  const own = frame(OWN, 0x88cc);
  socket.send(own);
  const other = frame("02:00:00:00:00:02", 0x88cc);
  segment.transmit(other);
  segment.transmit(frame("02:00:00:00:00:02", 0x0806));
  assert.equal(sent, [`eth0 ${Buffer.from(own).toString("hex")}`]);
  assert.equal(heard, [Buffer.from(other).toString("hex")]);
  assert.is(opened.size, 1);
  opened.end();
});

frames("opens what was granted only", async () => {
  const { frames, opened } = plugin(lldp);
  await rejects(frames.open({ link: "eth1", etherType: 0x88cc }), /^NotCapable: Plugin vrrp may not use frame "eth1\/0x88cc"/);
  await rejects(frames.open({ link: "eth0", etherType: 0x0806 }), /^NotCapable/);
  const other = plugin(vrrp);
  await rejects(other.frames.open({ link: "eth0", etherType: 0x0800 }), /^NotCapable: .*"eth0\/0x0800"/);
  await rejects(other.frames.open({ link: "eth0", etherType: 0x0800, ipProtocol: 6 }), /^NotCapable: .*"eth0\/0x0800\/6"/);
  assert.is(opened.size + other.opened.size, 0);
});

frames("names the links that there are where one is not", async () => {
  const { frames } = plugin([{ kind: "frame", link: "*", etherType: 0x88cc }]);
  await rejects(
    frames.open({ link: "eth7", etherType: 0x88cc }),
    /^Error: Cannot open frames on eth7: no such link; expected one of eth0, eth1$/,
  );
});

/** What is sent on a socket for LLDP, or for VRRP, and why not. */
const forged: Readonly<Record<string, readonly [allow: readonly Permission[], frame: Uint8Array, says: RegExp]>> = {
  "a forged source MAC": [lldp, frame("02:00:00:00:00:02", 0x88cc), /^NotCapable: .*may not use frame "eth0\/0x88cc@02:00:00:00:00:02"/],
  "the broadcast MAC as source": [lldp, frame("ff:ff:ff:ff:ff:ff", 0x88cc), /^NotCapable/],
  "another EtherType": [
    lldp,
    frame(OWN, 0x0806),
    /^Error: Cannot send a frame on eth0: found EtherType 0x0806, expected 0x88cc, for which the socket is open$/,
  ],
  "a VLAN tag": [lldp, frame(OWN, 0x8100), /found EtherType 0x8100/],
  "half a header": [lldp, frame(OWN, 0x88cc).slice(0, 13), /found 13 bytes, expected an Ethernet header of 14/],
  nothing: [lldp, new Uint8Array(0), /found 0 bytes/],
  "another IP protocol": [vrrp, frame(OWN, 0x0800, packet(6)), /found IP protocol 6, expected 112/],
  "no IP header": [vrrp, frame(OWN, 0x0800, new Uint8Array(0)), /found IP protocol none, expected 112/],
  "a source MAC beside the one granted": [vrrp, frame("00:00:5e:00:02:07", 0x0800, packet(VRRP)), /^NotCapable: .*@00:00:5e:00:02:07/],
};

for (const [what, [allow, bytes, says]] of Object.entries(forged)) {
  frames(`does not send ${what}`, async () => {
    const { frames, sent, opened } = plugin(allow);
    const match = allow === lldp ? { etherType: 0x88cc } : { etherType: 0x0800, ipProtocol: VRRP };
    const socket = await frames.open({ link: "eth0", ...match });
    await rejects((async () => socket.send(bytes))(), says);
    assert.equal(sent, []);
    opened.end();
  });
}

frames("sends from a source MAC that was granted, and from the link's own beside it", async () => {
  const { frames, sent, opened } = plugin(vrrp);
  const socket = await frames.open({ link: "eth0", etherType: 0x0800, ipProtocol: VRRP });
  socket.send(frame(VIRTUAL, 0x0800, packet(VRRP)));
  socket.send(frame(OWN, 0x0800, packet(VRRP)));
  assert.is(sent.length, 2);
  opened.end();
});

frames("the link's own MAC is the one that it has now", async () => {
  const { frames, links, sent, opened } = plugin(lldp);
  const socket = await frames.open({ link: "eth0", etherType: 0x88cc });
  links.set([testLink("eth0", { mac: "02:00:00:00:00:09" })]);
  assert.throws(() => socket.send(frame(OWN, 0x88cc)), /may not use frame/);
  socket.send(frame("02:00:00:00:00:09", 0x88cc));
  assert.is(sent.length, 1);
  links.set([]);
  assert.throws(() => socket.send(frame("02:00:00:00:00:09", 0x88cc)), /may not use frame/);
  opened.end();
});

frames("a closed socket neither sends nor hears, however it was closed", async () => {
  for (const how of ["close", "end"] as const) {
    const { frames, segment, opened, sent } = plugin(lldp);
    const socket = await frames.open({ link: "eth0", etherType: 0x88cc });
    let heard = 0;
    socket.onFrame(() => heard++);
    if (how === "close") socket.close();
    else opened.end();
    socket.close();
    segment.transmit(frame("02:00:00:00:00:02", 0x88cc));
    assert.throws(() => socket.send(frame(OWN, 0x88cc)), /Cannot send a frame on eth0: the socket is closed/);
    assert.equal([heard, sent.length, segment.openPorts, opened.size], [0, 0, 0, 0]);
  }
  const { frames, opened } = plugin(lldp);
  opened.end();
  await rejects(frames.open({ link: "eth0", etherType: 0x88cc }), /it has stopped/);
});

frames.run();
