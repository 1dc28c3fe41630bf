/**
 * Each fence of a plugin's process by itself. A program of the test's own takes the guard's place, so that neither SES nor the guard hides a
 * fence that is not there; then plugins try what only SES and the guard keep them from. On every Node version that HERALD_NODES has.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Log } from "../../announcer.ts";
import { otherNodes, type TestedNode, testedNodes } from "../../workbench/testing/cells/nodes.ts";
import { callPlugin, pluginOf } from "../../workbench/testing/cells/plugin-of.ts";
import { namespaces, testWith } from "../../workbench/testing/requirements.ts";
import { openCell } from "./cell.ts";
import { readUserPowers } from "./isolation.ts";
import { type Launched, launch } from "./launch.ts";

const fences = suite("fences");

const nothing = (): void => undefined;
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const UID = 52_100;
const MB = 1 << 20;

testWith(fences, [otherNodes], "the fences of each version of Node are tried", () => undefined);

/** What a program with every power that the process has gets to: each the code of the error that it met. */
const PROBE = `
import { Socket } from "node:net";
import { readFileSync, statSync, writeFileSync, openSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { Worker } from "node:worker_threads";
const pipe = new Socket({ fd: 3, readable: true, writable: true });
const tried = (call) => { try { return "OK " + String(call()); } catch (error) { return error.code ?? error.message; } };
pipe.write(JSON.stringify({
  readFile: tried(() => readFileSync("/etc/passwd").length),
  readFolder: tried(() => statSync("/").size),
  writeFile: tried(() => writeFileSync("/tmp/herald-fence-" + process.pid, "x")),
  runProgram: tried(() => spawnSync("/bin/true").status),
  startWorker: tried(() => new Worker("1", { eval: true })),
  killHost: tried(() => process.kill(process.ppid, 0)),
  becomeRoot: tried(() => process.setuid(0)),
  sourcePhase: tried(() => new Function("return import.source('node:fs')")).slice(0, 10),
  environment: Object.keys(process.env),
  folder: process.cwd(),
}) + "\\n");
pipe.resume();
`;

async function probe(node: TestedNode): Promise<{ said: Record<string, unknown>; launched: Launched }> {
  const launched = launch(PROBE, { ...node, uid: UID, powers: readUserPowers(), heapMb: 64, dataBytes: 1024 * MB, log });
  const said = await new Promise<string>((resolve, reject) => {
    launched.pipe.on("data", (text: Buffer) => resolve(text.toString()));
    let stderr = "";
    launched.stderr.on("data", (text: Buffer) => {
      stderr += text.toString();
    });
    launched.stderr.on("close", () => reject(new Error(stderr)));
  });
  return { said: JSON.parse(said) as Record<string, unknown>, launched };
}

fences.before(() => process.setgroups?.([UID + 1])); // so that there are some to be cleared

for (const node of testedNodes) {
  fences(`the process itself can do next to nothing (Node ${node.nodeMajor})`, async () => {
    const { said, launched } = await probe(node);
    const pid = launched.child.pid as number;
    try {
      assert.equal(said, {
        ...{ readFile: "ERR_ACCESS_DENIED", readFolder: "ERR_ACCESS_DENIED", writeFile: "ERR_ACCESS_DENIED" },
        ...{ runProgram: "ERR_ACCESS_DENIED", startWorker: "ERR_ACCESS_DENIED", killHost: "EPERM", becomeRoot: "EPERM" },
        sourcePhase: "Unexpected",
        ...{ environment: [], folder: "/" },
      });
      const fields = fieldsOf(readFileSync(`/proc/${pid}/status`, "utf8"), /^(\w+):[ \t]*(.*)$/gm);
      assert.equal(
        ["Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs"].map((name) => fields.get(name)?.trim()),
        [`${UID}\t${UID}\t${UID}\t${UID}`, `${UID}\t${UID}\t${UID}\t${UID}`, "", ...Array<string>(5).fill("0".repeat(16)), "1"],
      );
      const limits = fieldsOf(readFileSync(`/proc/${pid}/limits`, "utf8"), /^(Max [a-z ]+?) {2,}\S+ +(\S+)/gm);
      assert.equal(
        ["Max data size", "Max core file size", "Max file size", "Max open files", "Max locked memory", "Max processes"].map((name) =>
          limits.get(name),
        ),
        [String(1024 * MB), "0", "0", "32", "0", "256"],
      );
      assert.is(readFileSync(`/proc/${pid}/oom_score_adj`, "utf8").trim(), "1000");
      assert.is(
        readFileSync(`/proc/${pid}/stat`, "utf8")
          .replace(/^.*\) /s, "")
          .split(" ")[16],
        "19",
        "nice",
      );
      assert.is(readFileSync(`/proc/${pid}/environ`, "utf8"), "");
    } finally {
      launched.child.kill("SIGKILL");
    }
  });
}

testWith(fences, [namespaces], "the process has no network, not even this machine's, where it may have one of its own", async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  const program = `
import { connect, Socket } from "node:net";
import { createSocket } from "node:dgram";
const pipe = new Socket({ fd: 3, readable: true, writable: true });
const dial = (options) => new Promise((resolve) => connect(options, () => resolve("connected")).on("error", ({ code }) => resolve(code)));
const send = (address) => new Promise((resolve) => createSocket("udp4").on("error", ({ code }) => resolve(code)).send("x", 9, address, (error) => resolve(error?.code ?? "sent")));
pipe.write(JSON.stringify([await dial({ port: ${port}, host: "127.0.0.1" }), await dial({ port: 443, host: "192.0.2.1" }), await send("127.0.0.1"), await send("255.255.255.255")]));
pipe.resume();
`;
  const saidWith = async (ownNetwork: boolean): Promise<readonly string[]> => {
    const { child, pipe } = launch(program, {
      ...{ nodePath: process.execPath, nodeMajor: Number(process.versions.node.split(".")[0]), uid: UID, ownNetwork },
      ...{ powers: readUserPowers(), heapMb: 64, dataBytes: 1024 * MB, log },
    });
    try {
      return JSON.parse(String(await new Promise((resolve) => pipe.once("data", resolve)))) as string[];
    } finally {
      child.kill("SIGKILL");
    }
  };
  try {
    for (const met of await saidWith(true)) assert.ok(met === "ENETUNREACH" || met === "ERR_ACCESS_DENIED", met);
    const [here] = await saidWith(false);
    assert.ok(here === "connected" || here === "ERR_ACCESS_DENIED", here);
  } finally {
    server.close();
  }
});

fences("the process has its pipes, and nothing of the host's", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  const cell = await openCell({ log, uid: UID });
  try {
    const links = readdirSync(`/proc/${cell.pid}/fd`).map((fd) => [Number(fd), readlinkSync(`/proc/${cell.pid}/fd/${fd}`)] as const);
    const sockets = links.filter(([, target]) => !/^(anon_inode|pipe):/.test(target) && target !== "/dev/null");
    assert.ok(
      sockets.every(([fd, target]) => fd <= 3 && target.startsWith("socket:")),
      JSON.stringify(links),
    );
  } finally {
    await cell.close();
    server.close();
  }
});

const NAMES = [
  ...[
    "process",
    "require",
    "module",
    "Buffer",
    "global",
    "fetch",
    "WebSocket",
    "EventSource",
    "XMLHttpRequest",
    "Worker",
    "MessageChannel",
  ],
  ...[
    "BroadcastChannel",
    "WebAssembly",
    "SharedArrayBuffer",
    "Atomics",
    "setTimeout",
    "setInterval",
    "setImmediate",
    "performance",
    "crypto",
  ],
  ...["Compartment", "lockdown", "WeakRef", "FinalizationRegistry", "navigator", "AbortController", "Intl", "postMessage", "__filename"],
];

/** What a plugin gets to from inside: everything that is not `refused` is a hole. */
const ATTACKS: Readonly<Record<string, string>> = {
  "a function's constructor": "(() => {}).constructor('return typeof process')()",
  "an async function's constructor": "(async () => {}).constructor('return process')()",
  "a generator's constructor": "(function* () {}).constructor('yield process')().next()",
  "the constructor of something lent": "console.log.constructor('return process')()",
  "the constructor of a foreign error":
    "(() => { try { new URL('nope'); } catch (error) { return error.constructor.constructor('return process')(); } })()",
  "another realm's array": "structuredClone([1]).constructor.constructor('return process')()",
  "the prototype of objects": "Object.prototype.polluted = true",
  "the prototype of lists": "Array.prototype.push = () => 1",
  "what is lent": "URL.prototype.toString = () => 'x'",
  "the console": "console.log = () => 1",
  "stack frames":
    "(() => { Error.prepareStackTrace = (_, frames) => frames; const { stack } = new Error('x'); if (typeof stack === 'string') throw new Error(); return stack; })()",
  "the caller": "(function () { return arguments.callee.caller; })()",
  "sloppy this": "(() => { const found = (function () { return this; })(); if (found === undefined) throw new Error(); return found; })()",
  "a clock": "Date.now()",
  "a date of now": "new Date()",
  chance: "Math.random()",
  "a module by Function": "Function('return im' + 'port(\"node:fs\")')()",
  "a module by eval": "(0, eval)('im' + 'port(\"node:fs\")')",
  "a module by a comment": "Function('return im' + 'port/**/(\"node:fs\")')()",
  "a module by an HTML comment": "Function('return im' + 'port<' + '!--\\n(\"node:fs\")')()",
  "a module's source": "Function('return im' + 'port.source(\"node:fs\")')()",
  "a deferred module": "Function('return im' + 'port . defer (\"node:fs\")')()",
  "the word alone": "Function('return \"im' + 'port\"')()",
  "a spread module": "Function('return [...im' + 'port(\"node:fs\")]')()",
  "a statement": "Function('im' + 'port fs from \"node:fs\"')()",
  "a blob's address": "(() => { if (typeof URL.createObjectURL !== 'function') throw new Error(); return 'a function'; })()",
};

for (const node of testedNodes) {
  fences(`SES and the guard keep a plugin to the language (Node ${node.nodeMajor})`, async () => {
    const cell = await openCell({ log, uid: UID, nodePath: node.nodePath });
    try {
      const methods = Object.values(ATTACKS).map((code, at) => `a${at}: () => ${code}`);
      const channel = await cell.load(
        "x",
        pluginOf(
          [`names: (names) => names.filter((name) => name in globalThis || typeof globalThis[name] !== "undefined")`, ...methods].join(
            ",\n",
          ),
        ),
      );
      assert.equal(await callPlugin(channel, "names", NAMES), []);
      for (const [at, name] of Object.keys(ATTACKS).entries()) {
        const got = await callPlugin(channel, `a${at}`).then(
          (value) => `reached ${JSON.stringify(value)}`,
          () => "refused",
        );
        assert.is(got, "refused", `${name}: ${got}`);
      }
    } finally {
      await cell.close();
    }
  });
}

fences("the guard's realm has no network of its own to lend: what a plugin is lent has no way back to it", async () => {
  const cell = await openCell({ log, uid: UID });
  try {
    const walk = `walk: () => {
      const seen = new Set(); const odd = [];
      const look = (value, path) => {
        if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) return;
        seen.add(value);
        if (!Object.isFrozen(value) && path !== "globalThis" && !(value === globalThis)) odd.push(path);
        for (const key of Reflect.ownKeys(value)) {
          const part = Object.getOwnPropertyDescriptor(value, key);
          for (const one of ["value", "get", "set"]) look(part[one], path + "." + String(key));
        }
        look(Object.getPrototypeOf(value), path + ".__proto__");
      };
      look(globalThis, "globalThis");
      return [seen.size > 500, odd.slice(0, 10)];
    }`;
    const channel = await cell.load("x", pluginOf(walk));
    assert.equal(await callPlugin(channel, "walk"), [true, []]);
  } finally {
    await cell.close();
  }
});

function fieldsOf(text: string, pattern: RegExp): Map<string | undefined, string> {
  return new Map([...text.matchAll(pattern)].map(([, name, value = ""]) => [name, value]));
}

fences.run();
