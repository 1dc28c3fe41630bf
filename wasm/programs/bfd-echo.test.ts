/** Module `bfd`: the Echo function, with frames as an independent reading of RFC 791 and RFC 768 has them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SessionRow } from "../../host/liveness/session-row.ts";
import { BfdStation, baseSession, bfdPacket } from "../../host/workbench/testing/bfd-station.ts";
import { randomFrom, testSeed } from "../../host/workbench/testing/random.ts";

const ECHO = suite("bfd echo");
const MINE = baseSession.discriminator;
const LINK = 3;
const [DOWN, INIT, UP] = [1, 2, 3] as const;
const echo = { intervalMs: 50, link: LINK, mac: "02:00:00:00:00:77", ownAddress: "192.0.2.1" };

const known = (state: number, fields = {}) => ({
  bytes: bfdPacket({ state, yourDiscriminator: MINE, requiredMinEchoRxInterval: 20_000, ...fields }),
});

/** Up at time 0 and polled, with a neighbor that takes echoes. */
function station(options: Partial<SessionRow> = {}, fields = {}): BfdStation {
  const made = new BfdStation();
  made.program.setLink(LINK, "02:00:00:00:00:01", true);
  made.put({ echo, ...options });
  made.receive([known(INIT, fields)], 0);
  made.receive([known(UP, { final: 1, ...fields })], 0);
  return made;
}

const frames = (made: BfdStation, nowMs: number) => made.tick(nowMs).filter(({ port }) => port === 0);

ECHO("echoes go to our own address by the neighbor's MAC, UDP port 3785, TTL 255", () => {
  const [sent, ...more] = frames(station(), 0);
  assert.is(more.length, 0);
  assert.is(sent?.link, LINK);
  const hex = Buffer.from(sent?.bytes ?? []).toString("hex");
  const key = hex.slice(-8);
  // Its header checksum: the ones' complement of 4500+0024+ff11+c000+0201+c000+0201.
  const ip = "45000024" + "00000000" + "ff1137c6" + "c0000201" + "c0000201";
  assert.is(hex, `0200000000770200000000010800${ip}0ec90ec90010000000000011${key}`);
});

ECHO("echoes are sent at their pace from when the session is up, to neighbors that take them", () => {
  const made = station();
  const times: number[] = [];
  for (let nowMs = 0; nowMs < 2000; nowMs += 1) {
    if (nowMs % 100 === 0) made.receive([known(UP)], nowMs);
    if (frames(made, nowMs).length > 0) times.push(nowMs);
  }
  assert.ok(times.length >= 40 && times.length <= 56, `${times.length} in 2 s`);
  const slower = station({}, { requiredMinEchoRxInterval: 200_000 });
  frames(slower, 0);
  assert.equal(frames(slower, 149), []);
  assert.equal(frames(station({}, { requiredMinEchoRxInterval: 0 }), 0), []);
  assert.equal(frames(station({ echo: undefined }), 0), []);
});

ECHO("echoes that never come back are no failure, and Control packets stay quick", () => {
  const made = station();
  for (let nowMs = 0; nowMs < 5000; nowMs += 50) {
    made.receive([known(UP)], nowMs);
    made.tick(nowMs);
  }
  assert.equal([made.state()?.state, made.state()?.isEchoing], ["up", false]);
});

ECHO("echoes that come back make Control packets slow, and their silence takes the session down", () => {
  const made = station();
  const [sent] = frames(made, 0);
  made.receiveFrames(LINK, [sent?.bytes ?? new Uint8Array()], 1);
  assert.is(made.state()?.isEchoing, true);
  const [poll] = made.tick(1);
  assert.equal([poll?.fields["poll"], poll?.fields["requiredMinRxInterval"]], [1, 1_000_000]);
  made.receive([known(UP, { final: 1 })], 2);
  made.tick(150.9);
  assert.is(made.state()?.state, "up");
  const [down] = made.tick(151).filter(({ port }) => port !== 0);
  assert.equal([made.state()?.state, made.state()?.diagnostic, made.state()?.isEchoing], ["down", 2, false]);
  assert.equal([down?.fields["state"], down?.fields["diagnostic"], down?.fields["requiredMinRxInterval"]], [DOWN, 2, 100_000]);
  assert.equal(frames(made, 10_000), [], "none while it is down");
});

ECHO("a neighbor that takes no echoes any more gets none, and is watched by Control packets again", () => {
  const made = station();
  made.receiveFrames(LINK, [frames(made, 0)[0]?.bytes ?? new Uint8Array()], 1);
  made.tick(1);
  made.receive([known(UP, { final: 1, requiredMinEchoRxInterval: 0 })], 2);
  assert.equal(frames(made, 500), []);
  assert.equal([made.state()?.state, made.state()?.isEchoing], ["up", false]);
});

ECHO("frames that are no echo of ours are counted, whatever they are", () => {
  const random = randomFrom(testSeed());
  const made = station();
  const [sent] = frames(made, 0);
  const good = Uint8Array.from(sent?.bytes ?? []);
  made.takeDrops();
  const wrong = [12, 14, 20, 23, 36, 37, 42, 45, 46, 49].map((at) => good.map((byte, index) => (index === at ? byte ^ 0x20 : byte)));
  made.receiveFrames(LINK, wrong, 1);
  made.receiveFrames(LINK + 1, [good], 1);
  for (let length = 0; length < good.length; length++) made.receiveFrames(LINK, [good.subarray(0, length)], 1);
  const noise = Array.from({ length: 100 }, () => Uint8Array.from({ length: random(128) }, () => random(256)));
  made.receiveFrames(LINK, noise, 1);
  assert.equal(made.takeDrops(), { no_echo: wrong.length + 1 + good.length + noise.length });
  assert.is(made.state()?.isEchoing, false);
  made.receiveFrames(LINK, [good], 1);
  assert.is(made.state()?.isEchoing, true);
});

ECHO.run();
