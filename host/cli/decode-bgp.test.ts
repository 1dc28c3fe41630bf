import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bgp, type Message, type OpenMessage } from "../packets/codec/bgp.ts";
import { pcapFile, tcpFrame } from "../workbench/testing/tcp-frame.ts";
import { runCommand } from "./command.ts";
import { decode } from "./decode.ts";

const command = suite("herald decode bgp");

function fixture(name: string): { hex: string; message: Message } {
  const read = (file: string) => readFileSync(fileURLToPath(new URL(`../../fixtures/bgp/${name}/${file}`, import.meta.url)), "utf8");
  return { hex: read("packet.hex").trim(), message: JSON.parse(read("fields.json")).message };
}

async function run(args: string[], input: string | Uint8Array): Promise<{ code: number; objects: Record<string, unknown>[]; err: string }> {
  const text = { out: "", err: "" };
  const code = await runCommand(decode, ["bgp", ...args], {
    stdin: (async function* () {
      yield Buffer.from(input);
    })(),
    stdout: { write: (piece) => (text.out += piece) },
    stderr: { write: (piece) => (text.err += piece) },
  });
  const lines = text.out.split("\n").slice(0, -1);
  return { code, objects: lines.map((line) => JSON.parse(line)), err: text.err };
}

/** Names of what is wrong with a message. */
function statusesOf(object: Record<string, unknown> | undefined): string[] {
  return ((object?.["errors"] ?? []) as { status: string }[]).map(({ status }) => status);
}

const open = fixture("bird-open");
const withdraw = fixture("bird-withdraw");
const keepalive = fixture("bird-keepalive");

command("prints one object a message, also where a line has several", async () => {
  const { code, objects, err } = await run([], `${open.hex}${keepalive.hex}\n# a comment\n${withdraw.hex}`);
  assert.equal(
    objects,
    [open, keepalive, withdraw].map(({ message }) => ({ message, errors: [] })),
  );
  assert.equal([code, err], [0, ""]);
});

command("says what is wrong with a message, and goes on with the next line", async () => {
  const { objects, code } = await run([], `${keepalive.hex}ff\n00${keepalive.hex}\n${keepalive.hex}`);
  assert.equal(objects.map(statusesOf), [[], ["Truncated"], ["NotSynchronized"], []]);
  assert.is(code, 0);
});

command("reads AS numbers of a line as four octets, or as two where it is told to", async () => {
  const { hex, message } = fixture("frr-two-octet-as4-path");
  assert.equal((await run(["--two-octet-as"], hex)).objects, [{ message, errors: [] }]);
  const [four] = (await run([], hex)).objects;
  assert.ok(statusesOf(four).length > 0);
});

const near = { source: "192.0.2.1", destination: "192.0.2.2", sourcePort: 40000, destinationPort: 179 };
const far = { source: near.destination, destination: near.source, sourcePort: 179, destinationPort: 40000 };
const from = `${near.source}:${near.sourcePort}`;
const to = `${near.destination}:${near.destinationPort}`;
const bytes = (...messages: { hex: string }[]) => Buffer.from(messages.map(({ hex }) => hex).join(""), "hex");

/** A side of a connection that sends these in pieces. */
function talk(side: typeof near, payload: Uint8Array, size = 1000, sequence = 1): Buffer[] {
  const pieces = Array.from({ length: Math.ceil(payload.length / size) }, (_, index) =>
    tcpFrame({ ...side, sequence: sequence + index * size, payload: payload.subarray(index * size, (index + 1) * size) }),
  );
  return [tcpFrame({ ...side, sequence: sequence - 1, flags: 2 }), ...pieces];
}

command("puts the connections of a capture together, and says who sent what", async () => {
  const frames = [...talk(near, bytes(open, keepalive), 30), ...talk(far, bytes(keepalive, withdraw), 7)];
  const { objects, err } = await run([], pcapFile(frames));
  assert.equal(objects, [
    { from, to, message: open.message, errors: [] },
    { from, to, message: keepalive.message, errors: [] },
    { from: to, to: from, message: keepalive.message, errors: [] },
    { from: to, to: from, message: withdraw.message, errors: [] },
  ]);
  assert.is(err, "");
});

command("reads UPDATEs as both OPENs of their connection agreed, and those of the next one as theirs did", async () => {
  const as4 = fixture("frr-two-octet-as4-path");
  const two = fixture("exabgp-two-octet-open");
  const internal = bgp.encode({ ...(open.message as OpenMessage) });
  const localPref = Buffer.from(
    bgp.encode({
      type: "update",
      withdrawnRoutes: [],
      pathAttributes: { origin: "igp", asPath: [], nextHop: "192.0.2.1", localPref: 5 },
      nlri: ["192.0.2.0/24"],
    }),
  );
  const first = [...talk(near, bytes(two)), ...talk(far, bytes(open, as4))];
  const second = [...talk(near, internal, 1000, 77777), ...talk(far, Buffer.concat([internal, localPref]), 1000, 88888)];
  const { objects } = await run([], pcapFile([...first, ...second]));
  assert.is(objects.length, 6);
  assert.equal(objects[2], { from: to, to: from, message: as4.message, errors: [] });
  assert.equal(objects[5]?.["errors"], [], "LOCAL_PREF of the same AS");
  const outside = await run([], pcapFile([...talk(near, bytes(two)), ...talk(far, Buffer.concat([internal, localPref]))]));
  assert.ok(statusesOf(outside.objects[2]).length > 0);
});

command("begins in the middle of a connection, and goes on behind what the capture lacks", async () => {
  const stream = bytes(keepalive, withdraw, keepalive, keepalive);
  const piece = (start: number, end: number) => tcpFrame({ ...near, sequence: 1000 + start, payload: stream.subarray(start, end) });
  const lost = Array.from({ length: 70 }, (_, index) => tcpFrame({ ...near, sequence: 5000 + index * 19, payload: bytes(keepalive) }));
  const { objects, err, code } = await run([], pcapFile([piece(5, 40), piece(40, stream.length), ...lost]));
  assert.equal(
    objects.slice(0, 3).map(({ message }) => message),
    [withdraw, keepalive, keepalive].map(({ message }) => message),
  );
  assert.is(objects.length, 3 + 70);
  assert.equal(err.split("\n"), [
    `herald decode: Capture has 14 bytes from ${from} to ${to} without the beginning of their message`,
    `herald decode: Capture lacks ${4000 - stream.length} bytes from ${from} to ${to}`,
    "",
  ]);
  assert.is(code, 1);
});

command("says once where a stream cannot be read any more, and passes over other ports", async () => {
  const bad = Buffer.concat([bytes(keepalive), Buffer.alloc(40), bytes(keepalive)]);
  const other = tcpFrame({ ...near, destinationPort: 80, sequence: 1, payload: bytes(keepalive) });
  const { objects } = await run([], pcapFile([...talk(near, bad, 25), other, Buffer.alloc(60)]));
  assert.equal(objects.map(statusesOf), [[], ["NotSynchronized"]]);
});

command.run();
