/** Each power over the bridge: what a plugin elsewhere does with it, and what comes of it here. */

import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Liveness, type LivenessReport, NotCapable, type Permission } from "../../announcer.ts";
import { frameFilter } from "../../packets/filter.ts";
import { type Borrowing, borrow, giveBack, type LendingOptions, type Parts } from "../../workbench/testing/lent-context.ts";
import { testLink } from "../../workbench/testing/links.ts";
import { rejects, until } from "../../workbench/testing/promises.ts";
import { scriptedHttp } from "../../workbench/testing/scripted-http.ts";

const powers = suite("bridge powers");
const ETHERTYPE = 0x88b5;
const FRAMES: Permission = { kind: "frame", link: "eth0", etherType: ETHERTYPE };

async function play(
  permissions: readonly Permission[],
  call: (borrowed: Borrowing) => Promise<void>,
  parts: Parts = {},
  options: LendingOptions = {},
): Promise<void> {
  const borrowed = await borrow(permissions, parts, options);
  try {
    await call(borrowed);
  } finally {
    giveBack(borrowed);
  }
}

function frame(etherType = ETHERTYPE, length = 60): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.fill(255, 0, 6);
  bytes.set(Buffer.from(testLink("eth0").mac.replaceAll(":", ""), "hex"), 6);
  bytes.set([etherType >> 8, etherType & 255], 12);
  return bytes;
}

powers("links are there before the start, and their changes come", async () => {
  let atStart = 0;
  const start: Parts["start"] = async (context) => {
    atStart = context.links.all().length;
    return { apply: async () => [], stop: async () => {} };
  };
  await play(
    [],
    async ({ context, links }) => {
      assert.is(atStart, 300);
      const seen: number[] = [];
      const close = context.links.watch((all) => seen.push(all.length));
      links.set([testLink("eth7")]);
      await until(() => context.links.all()[0]?.name === "eth7");
      assert.equal(seen, [300, 1]);
      assert.is(context.links.id("eth7"), context.links.all()[0]?.id);
      assert.throws(() => context.links.id("eth8"), /Link "eth8" has no id/);
      close();
    },
    { start },
    { links: Array.from({ length: 300 }, (_, at) => `eth${at}`) },
  );
});

powers("frames go out and come in, and end with their socket", async () => {
  await play([FRAMES], async ({ context, segment, opened }) => {
    const heard: Uint8Array[] = [];
    const outside = segment.join({ name: "out", mac: testLink("eth9").mac }, frameFilter({ etherType: ETHERTYPE }), (bytes) => {
      heard.push(bytes.slice());
    });
    const before = opened.size;
    const socket = await context.frames.open({ link: "eth0", etherType: ETHERTYPE });
    const got: Uint8Array[] = [];
    socket.onFrame((bytes) => got.push(bytes));
    socket.send(frame());
    await until(() => heard.length === 1);
    outside.transmit(frame());
    await until(() => got.length === 1);
    assert.is(got[0]?.length, 60);
    socket.close();
    socket.close();
    await until(() => opened.size === before);
  });
});

powers("what may be refused is: by an error where it is called, in the log where it is told", async () => {
  await play([FRAMES], async ({ context, lines }) => {
    const error = await context.frames.open({ link: "eth1", etherType: ETHERTYPE }).catch((thrown: unknown) => thrown);
    assert.instance(error, NotCapable);
    const { name, plugin, permission, message } = error as NotCapable;
    assert.equal([name, plugin, permission.kind], ["NotCapable", "example", "frame"]);
    assert.match(message, /^Plugin example may not use frame "eth1\/0x88b5"/);
    const socket = await context.frames.open({ link: "eth0", etherType: ETHERTYPE });
    for (let sent = 0; sent < 150; sent++) socket.send(frame(0x0806));
    await until(() => lines.length === 3);
    assert.equal(
      lines.map(({ message, fields }) => [message, fields["times"]]),
      [
        ["Refused a frame", undefined],
        ["Refused a frame", 10],
        ["Refused a frame", 100],
      ],
    );
    assert.match(String(lines[0]?.fields["error"]), /found EtherType 0x0806/);
    assert.throws(() => socket.send([1, 2] as unknown as Uint8Array), /expected a Uint8Array/);
  });
});

powers("datagrams go both ways", async () => {
  await play([{ kind: "udp", host: "127.0.0.1:*" }], async ({ context, lines }) => {
    const [one, two] = await Promise.all([1, 2].map(() => context.udp.open({ address: "127.0.0.1", port: 0 })));
    const heard: unknown[] = [];
    two?.onMessage((bytes, from) => heard.push([Buffer.from(bytes).toString(), from.address]));
    one?.send(Buffer.from("hello"), { address: "127.0.0.1", port: two?.port ?? 0 });
    await until(() => heard.length === 1);
    assert.equal(heard, [["hello", "127.0.0.1"]]);
    one?.send(Buffer.from("hello"), { address: "192.0.2.1", port: 53 });
    one?.join("224.0.0.251", "eth0");
    await until(() => lines.length === 2);
    assert.equal(
      lines.map(({ message }) => message),
      ["Refused a datagram", "Refused to join a group"],
    );
  });
});

powers("Secrets tell their revisions, and sign", async () => {
  await play([{ kind: "secret", name: "token" }], async ({ context, own, secrets, lines }) => {
    const seen: (string | undefined)[] = [];
    context.secrets.watch("token", (revision) => seen.push(revision));
    await until(() => seen.length === 1);
    secrets.set("token", undefined);
    await until(() => seen.length === 2);
    assert.is(seen[1], undefined);
    secrets.set("token", "again");
    for (const length of [0, 20, 200_000]) {
      const bytes = new Uint8Array(length).fill(7);
      assert.equal(await context.secrets.hmac("token", bytes), await own.secrets.hmac("token", bytes));
    }
    await rejects(context.secrets.hmac("other", new Uint8Array()), /^NotCapable: Plugin example may not use secret "other"/);
    context.secrets.watch("other", () => seen.push("never"));
    await until(() => lines.length === 1);
    assert.is(lines[0]?.message, "Refused to watch a Secret");
  });
});

powers("bodies of a MiB go to an endpoint, and come back", async () => {
  const MiB = 1024 * 1024;
  const server = await scriptedHttp((response, { request }) => request.pipe(response.setHeader("x-a", "1")));
  await play(
    [
      { kind: "fetch", origin: server.url },
      { kind: "secret", name: "token" },
    ],
    async ({ context }) => {
      const body = Uint8Array.from({ length: MiB }, (_, at) => at % 251);
      const headers = { authorization: { secret: "token", before: "Bearer " } };
      const answers = await Promise.all(
        [body, "text", new Uint8Array()].map((sent) => context.fetch(server.url, { method: "POST", headers, body: sent })),
      );
      assert.ok(Buffer.compare(answers[0]?.body as Uint8Array, body) === 0);
      assert.equal(
        answers.map((answer) => [answer.status, answer.headers["x-a"], answer.body.length]),
        [
          [200, "1", MiB],
          [200, "1", 4],
          [200, "1", 0],
        ],
      );
      assert.is(server.asked[0]?.headers.authorization, "Bearer s3cret");
      await rejects(context.fetch("http://127.0.0.1:1/"), /^NotCapable/);
      await rejects(context.fetch(server.url, { headers: { a: "1\r\n" } }), /^TypeError: Cannot fetch/);
    },
  );
  await server.close();
});

powers("liveness tells every report in order", async () => {
  let tell: ((report: LivenessReport) => void) | undefined;
  let closed = 0;
  const liveness: Liveness = {
    watch(_target, _profile, call) {
      tell = call;
      return () => (closed += 1);
    },
  };
  const profile = { receiveIntervalMs: 100, transmitIntervalMs: 100, detectMultiplier: 3 };
  await play(
    [{ kind: "liveness", host: "192.0.2.1:*" }],
    async ({ context }) => {
      const seen: string[] = [];
      const close = context.liveness.watch({ address: "192.0.2.1" }, profile, ({ state }) => seen.push(state));
      await until(() => tell !== undefined);
      for (const state of ["down", "up", "down"] as const) tell?.({ state, isPeerAdminDown: false, reason: "" });
      await until(() => seen.length === 3);
      assert.equal(seen, ["down", "up", "down"]);
      close();
      await until(() => closed === 1);
    },
    {},
    { liveness },
  );
});

powers("metrics, reports and lines arrive, within their bounds", async () => {
  await play([], async ({ context, metrics, reports, lines }) => {
    context.metrics.count("sent", { to: "a" }, 2);
    context.metrics.gauge("depth", 7);
    context.metrics.collect(async (tell) => {
      for (let at = 0; at < 2000; at++) tell("row", at, { at: String(at) });
    });
    context.metrics.collect(() => {
      throw new Error("broken");
    });
    context.report("192.0.2.1", "probing");
    await until(() => reports.size === 1);
    const samples = await metrics.samples();
    const named = (name: string) => samples.filter((sample) => sample.name === `herald_plugin_example_${name}`);
    assert.equal([named("sent")[0]?.value, named("depth")[0]?.value, named("row").length], [2, 7, 2000]);

    for (let at = 0; at < 1100; at++) context.report(`key-${at}`, "x");
    context.log.info("look", { error: new Error("why"), big: 10n, ok: 1 });
    for (let at = 0; at < 500; at++) context.log.warn("y".repeat(5000), { at });
    await until(() => lines.some(({ message }) => message.startsWith("Left out lines")));
    assert.is(reports.size, 1000);
    const said = lines.filter(({ message }) => message === "look");
    assert.match(String(said[0]?.fields["error"]), /^Error: why/);
    const long = lines.filter(({ message }) => message.startsWith("yy"));
    assert.ok(long.length >= 50 && long.length < 150, `${long.length} lines`);
    assert.is(long[0]?.message.length, 2048);
  });
});

powers("timers run on the plugin's side, not too many, and what they throw is said", async () => {
  await play([], async ({ context, lines }) => {
    let times = 0;
    const close = context.clock.every(1, () => (times += 1));
    await until(() => times > 2);
    close();
    context.clock.after(1, () => {
      throw new RangeError("no such day");
    });
    context.clock.after(1, () => Promise.reject(new RangeError("no such night")) as unknown as undefined);
    await until(() => lines.length === 2);
    assert.equal(
      lines.map(({ level, fields }) => [level, fields["callback"], fields["error"]]),
      [
        ["error", "clock.after", "RangeError: no such day"],
        ["error", "clock.after", "RangeError: no such night"],
      ],
    );
    const closes = Array.from({ length: 1024 }, () => context.clock.after(60_000, () => {}));
    assert.throws(() => context.clock.after(1, () => {}), /1024 are running/);
    for (const end of closes) end();
  });
});

powers("permissions answer as the host does", async () => {
  const allowed: readonly Permission[] = [
    FRAMES,
    { kind: "net", host: "10.0.0.0/8:179" },
    { kind: "fetch", origin: "https://*.example.com" },
  ];
  const asked = fc.oneof<fc.Arbitrary<Permission>[]>(
    fc.record({ kind: fc.constant("net" as const), host: fc.constantFrom("10.0.0.1:179", "10.9.0.1:179", "192.0.2.1:1", "*", "x y") }),
    fc.record({ kind: fc.constant("fetch" as const), origin: fc.constantFrom("https://a.example.com", "https://example.com", "no") }),
    fc.record({
      kind: fc.constant("frame" as const),
      link: fc.constantFrom("eth0", "eth1", "*"),
      etherType: fc.constantFrom(ETHERTYPE, 1),
    }),
    fc.record({ kind: fc.constant("sys" as const), fact: fc.string({ maxLength: 5 }) }),
  );
  const answer = (promise: Promise<unknown>) => promise.catch((error: Error) => error.message);
  await play(
    allowed,
    async ({ context, own }) => {
      const property = fc.asyncProperty(asked, async (permission) => {
        const [far, near] = [context.permissions, own.permissions];
        assert.equal(await answer(far.query(permission)), await answer(near.query(permission)));
        assert.equal(await answer(far.request(permission)), await answer(near.request(permission)));
      });
      await fc.assert(property, { numRuns: 100 });
      const router: Permission = { kind: "net", host: "10.0.0.1:179" };
      assert.is(await own.permissions.query(router), "granted");
      assert.is(await context.permissions.revoke(router), await own.permissions.query(router));
      assert.is.not(await own.permissions.query(router), "granted");
    },
    {},
    { deny: [{ kind: "net", host: "10.9.0.0/16:*" }] },
  );
});

powers("what a plugin elsewhere cannot have says so; the codecs it can", async () => {
  await play([], async ({ context }) => {
    assert.throws(() => context.routeTables(), /^Error: Route tables are for built-in plugins|Route tables are for/);
    assert.throws(() => context.program.onEvent(() => {}), /has no packet program/);
    assert.is(context.codec("router-solicitation").decode(new Uint8Array(4)).ok, false);
    assert.is(context.codec("bgp").encode({ type: "keepalive" }).length, 19);
    assert.is(context.node, "node-a");
    assert.ok(context.random() < 1);
  });
});

powers.run();
