import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { KernelNeighbor } from "../packets/neighbors.ts";
import type { PacketService } from "../packets/service.ts";
import type { NodeFact, Succession } from "../rules/vocabulary.ts";
import { recordedLog } from "../workbench/testing/log.ts";
import { until } from "../workbench/testing/promises.ts";
import { Members } from "./members.ts";
import type { GroupReport } from "./ownership/ownership.ts";
import type { PeerSpec } from "./ownership/peer.ts";
import { speakerMacs } from "./speaker-macs.ts";

const members = suite("members");

const node = (name: string, address?: string, macs: readonly string[] = []): NodeFact => ({
  ...{ name, labels: {}, networkUnavailable: false, addresses: address === undefined ? [] : [address] },
  ...(macs.length === 0 ? {} : { speaker: { links: ["eth0"], macs, isLeaving: false, isSilent: false } }),
});
const succession = (group: string, ...names: string[]): Succession => ({ group, members: names, isSticky: false });

function stage(neighbors: readonly KernelNeighbor[] = []) {
  const peers: (readonly PeerSpec[])[] = [];
  const witnesses: string[] = [];
  const watched: string[] = [];
  const leaves: boolean[] = [];
  let report: (reports: readonly GroupReport[]) => void = () => {};
  let nodes: ReadonlyMap<string, NodeFact> = new Map();
  const packets = {
    setPeers: async (specs: readonly PeerSpec[]) => void peers.push(specs),
    setWitnesses: async (program: string, rows: Uint8Array) => void witnesses.push(`${program} ${rows.length / 64}`),
    onLate: () => () => {},
    leave: async (isLeaving: boolean) => void leaves.push(isLeaving),
    onReports(call: typeof report) {
      report = call;
      return () => {};
    },
  } as unknown as PacketService;
  const subject = new Members({
    ...{ node: "a", packets, nodes: () => nodes, log: recordedLog().log },
    macs: speakerMacs(
      () => nodes,
      () => neighbors,
    ),
    stations: () => ({ neighbors, gateways: [{ linkIndex: 1, address: "192.0.2.254", family: 4 }] }),
    liveness: {
      watch({ address }) {
        watched.push(address);
        return () => void watched.splice(watched.indexOf(address), 1);
      },
      discriminator: ({ address }) => (watched.includes(address) ? Number(address.split(".")[3]) : undefined),
    },
  });
  const setNodes = (...facts: NodeFact[]): void => {
    nodes = new Map(facts.map((fact) => [fact.name, fact]));
    subject.followNodes();
  };
  return { subject, peers, witnesses, watched, leaves, setNodes, report: (...reports: GroupReport[]) => report(reports) };
}

members("every other node with an address is watched, and the worker is told of all members", async () => {
  const { subject, peers, watched, setNodes } = stage();
  setNodes(node("a", "192.0.2.1"), node("b", "192.0.2.2", ["02:00:00:00:00:02"]), node("c"));
  subject.follow("arp", "192.0.2.240", succession("192.0.2.240", "a", "b", "c"));
  await until(() => peers.length > 0);
  assert.equal(watched, ["192.0.2.2"]);
  assert.equal(peers.at(-1), [
    { node: "b", discriminator: 2, macs: ["02:00:00:00:00:02"] },
    { node: "c", discriminator: undefined, macs: [] },
  ]);
  subject.close();
  assert.equal(watched, []);
});

members("a MAC is learned from the kernel where no Lease tells it", async () => {
  const { subject, peers, setNodes } = stage([{ linkIndex: 1, address: "192.0.2.2", family: 4, mac: "02:00:00:00:00:bb", state: "stale" }]);
  setNodes(node("a", "192.0.2.1"), node("b", "192.0.2.2"));
  subject.follow("arp", "192.0.2.240", succession("192.0.2.240", "a", "b"));
  await until(() => peers.length > 0);
  assert.equal(peers.at(-1)?.[0]?.macs, ["02:00:00:00:00:bb"]);
  subject.close();
});

members("witnesses are the gateway, other nodes and neighbors of the program's family, never a VIP", async () => {
  const neighbor = (address: string): KernelNeighbor => ({
    linkIndex: 1,
    address,
    family: 4,
    mac: "02:00:00:00:00:cc",
    state: "reachable",
  });
  const { subject, witnesses, setNodes } = stage([neighbor("192.0.2.7"), neighbor("192.0.2.240")]);
  setNodes(node("a", "192.0.2.1"), node("b", "192.0.2.2"));
  subject.follow("arp", "192.0.2.240", succession("192.0.2.240", "a", "b"));
  await until(() => witnesses.length > 0);
  assert.equal(witnesses, ["arp 3"]);
  subject.close();
});

members("a program that is loaded anew is told its witnesses anew, and what it had counts no more", async () => {
  const { subject, peers, witnesses, setNodes } = stage();
  setNodes(node("a", "192.0.2.1"), node("b", "192.0.2.2"));
  subject.follow("arp", "192.0.2.240", succession("192.0.2.240", "a", "b", "gone"));
  await until(() => witnesses.length === 1);
  subject.forget("arp");
  await until(() => peers.at(-1)?.length === 1);
  assert.is(witnesses.length, 1);
  subject.follow("arp", "192.0.2.240", succession("192.0.2.240", "a", "b"));
  await until(() => witnesses.length === 2);
  assert.is(witnesses[1], witnesses[0]);
  subject.close();
});

members("standings are those that the worker reports, by any VIP of the group", async () => {
  const { subject, report } = stage();
  const group = succession("192.0.2.240", "a", "b");
  subject.follow("arp", "192.0.2.240", group);
  subject.follow("ndp", "2001:db8::1", group);
  const heard: string[] = [];
  subject.onChange((changed) => heard.push(...changed.map(({ standing }) => standing)));
  report({ group: "192.0.2.240", succession: group, standing: "owner", sinceMs: 1, reason: "first in rank" });
  assert.is(subject.ofVip("2001:db8::1")?.standing, "owner");
  assert.is(subject.ofVip("192.0.2.9"), undefined);
  report({ group: "192.0.2.240", succession: group, standing: "heir", sinceMs: 1, reason: "", isGone: true });
  assert.is(subject.ofVip("192.0.2.240"), undefined);
  assert.equal(heard, ["owner", "heir"]);
  subject.close();
});

members("handOver() resolves when nothing is owned any more", async () => {
  const { subject, report, leaves } = stage();
  const group = succession("192.0.2.240", "a", "b");
  report({ group: "192.0.2.240", succession: group, standing: "owner", sinceMs: 1, reason: "" });
  let hasLeft = false;
  const left = subject.handOver().then(() => (hasLeft = true));
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.is(hasLeft, false);
  report({ group: "192.0.2.240", succession: group, standing: "heir", sinceMs: 2, reason: "has left" });
  await left;
  assert.equal(leaves, [true]);
  subject.close();
});

members.run();
