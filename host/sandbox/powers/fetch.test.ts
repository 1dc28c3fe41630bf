/** Fetch against a server on loopback: what reaches it, what does not, and how each answer ends. */

import { networkInterfaces } from "node:os";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Fetch, type FetchOptions, NotCapable, type Permission } from "../../announcer.ts";
import { type Answer, type ScriptedHttp, scriptedHttp } from "../../workbench/testing/scripted-http.ts";
import { memorySecrets } from "../../workbench/testing/secrets.ts";
import { Opened } from "../opened.ts";
import { Grants } from "../permissions/grants.ts";
import { createFetch, leadsHere } from "./fetch.ts";

const fetches = suite("fetch");
const MiB = 1024 * 1024;

interface Staged {
  readonly fetch: Fetch;
  readonly server: ScriptedHttp;
  readonly opened: Opened;
  readonly audit: Permission[];
}

async function play(answer: Answer, call: (staged: Staged) => Promise<void>, also: readonly Permission[] = []): Promise<void> {
  const server = await scriptedHttp(answer);
  const opened = new Opened("x");
  const audit: Permission[] = [];
  const grants = new Grants("x", [{ kind: "fetch", origin: server.url }, ...also], [], { audit: (permission) => audit.push(permission) });
  const secrets = memorySecrets({ token: "s3cret", wrong: "a\r\nX-Evil: 1", hidden: "h1dden" });
  try {
    await call({ fetch: createFetch(grants, opened, secrets), server, opened, audit });
  } finally {
    opened.end();
    await server.close();
  }
}

const failure = async (promise: Promise<unknown>): Promise<Error> => {
  const error = await promise.then(
    () => undefined,
    (thrown: Error) => thrown,
  );
  if (error === undefined) throw new Error("expected a failure");
  return error;
};

fetches("an answer in very many chunks takes no more room than its bytes", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  let end = (): void => {};
  const isSent = new Promise<void>((resolve) => {
    end = resolve;
  });
  const chunked: Answer = ({ socket }) => {
    socket?.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    socket?.write("1\r\nx\r\n".repeat(200_000), () => setTimeout(end, 200));
  };
  await play(chunked, async ({ fetch, server, opened }) => {
    collect();
    const before = process.memoryUsage().heapUsed;
    const cut = failure(fetch(server.url));
    await isSent;
    collect();
    const grownMb = (process.memoryUsage().heapUsed - before) / MiB;
    opened.end();
    await cut;
    assert.ok(grownMb < 10, `${grownMb} MB for 200 KB`);
  });
});

fetches("an address of one of this machine's links is this machine, too", async () => {
  const isOurs = (address: string): boolean =>
    leadsHere(address, [{ address: "192.0.2.7" }, { address: "2001:db8::7" }, { address: "fe80::1" }]);
  for (const ours of [
    "127.0.0.1",
    "0.0.0.0",
    "::1",
    "::ffff:127.0.0.1",
    "169.254.169.254",
    "fd00:ec2::254",
    "192.0.2.7",
    "::ffff:192.0.2.7",
    "2001:db8:0::7",
  ])
    assert.ok(isOurs(ours), ours);
  for (const other of ["192.0.2.8", "2001:db8::8", "8.8.8.8"]) assert.not.ok(isOurs(other), other);
  const own = Object.values(networkInterfaces()).flat();
  assert.ok(own.every((link) => link !== undefined && leadsHere(link.address)));
});

fetches("a request goes out as it was asked for, and its answer comes back whole", async () => {
  const body: Uint8Array[] = [];
  const answer: Answer = (response, { request }) => {
    request.on("data", (chunk: Uint8Array) => body.push(chunk));
    request.on("end", () => response.writeHead(201, { "X-A": "1", "Set-Cookie": ["a=1", "b=2"] }).end("done"));
  };
  await play(answer, async ({ fetch, server, opened, audit }) => {
    const got = await fetch(`${server.url}/v1/ip?x=1#part`, { method: "put", headers: { "X-Mine": "yes" }, body: "hello" });
    assert.is(got.status, 201);
    assert.equal([got.headers["x-a"], got.headers["set-cookie"]], ["1", "a=1, b=2"]);
    assert.is(Buffer.from(got.body).toString(), "done");
    const [asked] = server.asked;
    assert.equal([asked?.method, asked?.url.pathname, asked?.url.search], ["PUT", "/v1/ip", "?x=1"]);
    assert.equal([asked?.headers["x-mine"], asked?.headers["content-length"]], ["yes", "5"]);
    assert.is(Buffer.concat(body).toString(), "hello");
    assert.equal(audit, [{ kind: "fetch", origin: server.url }]);
    assert.is(opened.size, 0);
  });
});

fetches("a redirection is an answer, and a cookie is not kept", async () => {
  const answer: Answer = (response) => response.writeHead(302, { Location: "http://example.com/", "Set-Cookie": "a=1" }).end();
  await play(answer, async ({ fetch, server }) => {
    assert.is((await fetch(server.url)).status, 302);
    await fetch(server.url);
    assert.is(server.asked.length, 2);
    assert.is(server.asked[1]?.headers.cookie, undefined);
  });
});

fetches("the password of a Secret is put in by the host, with its grant, and stands in no error", async () => {
  const allow: Permission[] = [
    { kind: "secret", name: "token" },
    { kind: "secret", name: "wrong" },
  ];
  await play(
    (response) => response.end(),
    async ({ fetch, server }) => {
      await fetch(server.url, { headers: { Authorization: { secret: "token", before: "Bearer " } } });
      assert.is(server.asked[0]?.headers.authorization, "Bearer s3cret");
      assert.instance(await failure(fetch(server.url, { headers: { A: { secret: "hidden" } } })), NotCapable);
      const wrong = await failure(fetch(server.url, { headers: { A: { secret: "wrong" } } }));
      assert.match(wrong.message, /^Secret wrong cannot stand in a header/);
      assert.not.match(`${wrong.message}${wrong.stack}`, /Evil/);
      assert.is(server.asked.length, 1);
    },
    allow,
  );
});

fetches("an origin that was not granted is not asked, however it is spelled", async () => {
  await play(
    (response) => response.end(),
    async ({ fetch, server }) => {
      const { port } = new URL(server.url);
      for (const url of [`http://localhost:${port}`, "http://127.0.0.1:1", `https://127.0.0.1:${port}`, "http://*.example.com/"]) {
        const error = await failure(fetch(url));
        assert.ok(error instanceof NotCapable || error instanceof TypeError, url);
      }
      assert.is(server.asked.length, 0);
      await fetch(`http://0x7f.1:${port}/`);
      await fetch(`http://[::ffff:127.0.0.1]:${port}/`);
      assert.equal(new Set(server.asked.map(({ headers }) => headers.host)), new Set([`127.0.0.1:${port}`]));
    },
  );
});

fetches("a name must not lead back to this machine, unless it is localhost", async () => {
  const opened = new Opened("x");
  const server = await scriptedHttp((response) => response.end());
  const { port } = new URL(server.url);
  const fetch = createFetch(new Grants("x", [{ kind: "fetch", origin: `http://localhost:${port}` }]), opened);
  assert.is((await fetch(`http://localhost:${port}`)).status, 200);
  await server.close();
});

const wrong: readonly (readonly [what: string, options: unknown])[] = [
  ["a header that ends its line", { headers: { A: "1\r\nHost: b" } }],
  ["a header's name with a blank", { headers: { "A B": "1" } }],
  ["Host", { headers: { hOsT: "b" } }],
  ["Transfer-Encoding", { headers: { "Transfer-Encoding": "chunked" } }],
  ["Connection", { headers: { Connection: "upgrade" } }],
  ["Content-Length", { headers: { "Content-Length": "1" } }],
  ["a value that is none", { headers: { A: 7 } }],
  ["a Secret with a line in front", { headers: { A: { secret: "token", before: "a\n" } } }],
  ["too many headers", { headers: Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`a${at}`, "1"])) }],
  ["CONNECT", { method: "CONNECT" }],
  ["a method with a blank", { method: "GET /" }],
  ["a time without end", { timeoutMs: Number.POSITIVE_INFINITY }],
  ["more than a minute", { timeoutMs: 60_001 }],
  ["a body that is none", { body: 7 }],
  ["a body that is too long", { body: new Uint8Array(MiB + 1) }],
];

for (const [what, options] of wrong) {
  fetches(`nothing is sent with ${what}`, async () => {
    await play(
      (response) => response.end(),
      async ({ fetch, server }) => {
        assert.match((await failure(fetch(server.url, options as FetchOptions))).message, /^Cannot fetch http:\/\/127/);
        assert.is(server.asked.length, 0);
      },
    );
  });
}

fetches("a URL that is none, or holds a password, is refused without being repeated", async () => {
  await play(
    (response) => response.end(),
    async ({ fetch, server }) => {
      for (const url of ["", "x", "file:///etc/passwd", server.url.replace("//", "//me:pa55@"), `${server.url}/${"x".repeat(9000)}`]) {
        const { message } = await failure(fetch(url));
        assert.match(message, /^Cannot fetch: expected/);
        assert.not.match(message, /pa55|passwd|xxx/);
      }
    },
  );
});

fetches("an answer that is too long, too late or cut is an error", async () => {
  const answers: Readonly<Record<string, Answer>> = {
    "/long": (response) => response.end(new Uint8Array(MiB + 1)),
    "/full": (response) => response.end(new Uint8Array(MiB)),
    "/slow": (response) => void response.write("first"),
    "/cut": (response) => void response.write("first", () => response.destroy()),
    "/none": (response) => response.destroy(),
    "/switch": (response) => response.writeHead(101, { Connection: "Upgrade", Upgrade: "x" }).end(),
  };
  await play(
    (response, asked) => answers[asked.url.pathname]?.(response, asked),
    async ({ fetch, server, opened }) => {
      const why = async (path: string) =>
        (await failure(fetch(`${server.url}${path}`, { timeoutMs: path === "/slow" ? 200 : 5000 }))).message;
      assert.match(await why("/long"), /the answer is longer than 1048576 bytes$/);
      assert.match(await why("/slow"), /no answer within 200 ms$/);
      assert.match(await why("/cut"), /(aborted|the connection was closed)$/);
      assert.match(await why("/none"), /socket hang up$/);
      assert.match(await why("/switch"), /^Cannot fetch/);
      assert.is((await fetch(`${server.url}/full`)).body.length, MiB);
      assert.is(opened.size, 0);
    },
  );
});

fetches("requests end with the plugin, and there are not too many at once", async () => {
  await play(
    () => {},
    async ({ fetch, server, opened }) => {
      const open = Array.from({ length: 16 }, () => failure(fetch(server.url)));
      assert.match((await failure(fetch(server.url))).message, /16 requests have no answer yet/);
      opened.end();
      for (const error of await Promise.all(open)) assert.match(error.message, /closed meanwhile$/);
      assert.match((await failure(fetch(server.url))).message, /has stopped/);
    },
  );
});

fetches.run();
