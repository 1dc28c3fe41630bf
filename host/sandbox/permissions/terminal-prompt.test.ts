import { spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Permission } from "../../announcer.ts";
import { rejects } from "../../workbench/testing/promises.ts";
import { testWith, tool } from "../../workbench/testing/requirements.ts";
import type { Answer } from "./operator.ts";
import { parseScope } from "./parse-scope.ts";
import { openPrompt, type PromptOptions } from "./terminal-prompt.ts";

const prompts = suite("terminal prompt");

const vrrp = { name: "vrrp", specifier: "./vrrp.ts", pin: `sha256-${"a".repeat(43)}=` };
const NET = parseScope("net", "192.0.2.1:179");
const FRAME = parseScope("frame", "eth0/ipv4/112");

/** A person who types the next line whenever a question stands there; `early`: before the first. */
class Person extends EventEmitter {
  readonly isTTY = true;
  readonly modes: boolean[] = [];
  shown = "";
  readonly #lines: (string | undefined)[];
  #early: string;

  constructor(lines: readonly (string | undefined)[], early = "") {
    super();
    this.#lines = [...lines];
    this.#early = early;
  }

  setRawMode(isRaw: boolean): void {
    this.modes.push(isRaw);
  }

  resume(): void {
    const early = this.#early;
    this.#early = "";
    if (early !== "") setImmediate(() => this.emit("data", early));
    else if (this.modes.at(-1) === false && this.shown.endsWith("> ")) setImmediate(() => this.#type());
  }

  pause(): void {}

  write(text: string): void {
    this.shown += text;
  }

  #type(): void {
    const line = this.#lines.shift();
    if (line === undefined) this.emit("end");
    else this.emit("data", Buffer.from(line));
  }
}

async function ask(
  person: Person,
  permissions: readonly Permission[],
  grantsFile?: string,
  more: PromptOptions = {},
): Promise<readonly Answer[]> {
  const prompt = openPrompt({ input: person, output: person, interrupt: () => {}, ...more });
  assert.ok(prompt);
  return prompt.ask({ applicant: vrrp, permissions, grantsFile });
}

prompts("each permission is shown with what it means, by whom, and the flag; the answer is a line", async () => {
  const person = new Person(["y\n", "N\n"]);
  assert.equal(await ask(person, [NET, FRAME], "/etc/herald/grants.yaml"), ["once", "never"]);
  const ending = "Grant it? [y] once, [n] no, [a] always or [N] never, as written to /etc/herald/grants.yaml > ";
  assert.is(
    person.shown,
    `
Plugin vrrp asks for permission 1 of 2:
  from ./vrrp.ts, sha256-aaaaaaaa…
  net "192.0.2.1:179": open TCP connections there
  granted without asking by --allow-net=192.0.2.1:179
${ending}
Plugin vrrp asks for permission 2 of 2:
  from ./vrrp.ts, sha256-aaaaaaaa…
  frame "eth0/0x0800/112": send and receive such Ethernet frames
  granted without asking by --allow-frame=eth0/0x0800/112
${ending}`,
  );
  assert.equal(person.modes, [true, false, true, false], "raw only while what was typed before is thrown away");
});

const dialogs: readonly (readonly [typed: readonly (string | undefined)[], grantsFile: string | undefined, answer: Answer])[] = [
  [["a\n"], "g", "always"],
  [["n\r\n"], "g", "no"],
  [["Y\n", "yes\n", "\n", "y\n"], "g", "once"],
  [["a\n", "N\n", "y\n"], undefined, "once"],
  [["x\n", "x\n", "x\n", "x\n", "x\n", "y\n"], "g", "no"],
  [["y", "\n"], "g", "once"],
  [["y\ny\n", "n\n"], "g", "no"],
  [[undefined], "g", "no"],
  [["y".repeat(2000), "\n"], "g", "no"],
];
for (const [typed, grantsFile, answer] of dialogs) {
  const words = typed.map((line) => JSON.stringify(line?.slice(0, 9) ?? "the end of input")).join(", ");
  prompts(`${words} ${grantsFile === undefined ? "without a grants file " : ""}means ${answer}`, async () => {
    assert.equal(await ask(new Person(typed), [NET], grantsFile), [answer]);
  });
}

prompts("what was typed before the question answers nothing", async () => {
  assert.equal(await ask(new Person(["n\n"], "y\ny\ny\n"), [NET]), ["no"]);
});

prompts("input that does not end is no person", async () => {
  const person = new Person([]);
  const noise = setInterval(() => person.emit("data", "y\n"), 10);
  try {
    assert.equal(await ask(person, [NET]), ["no"]);
  } finally {
    clearInterval(noise);
  }
  assert.match(person.shown, /Refused: input does not end/);
});

prompts("Ctrl-C while nothing makes a signal of it interrupts; a signal that is heard ends the question", async () => {
  const abort = new AbortController();
  const person = new Person(["y\n"], "\u0003");
  await rejects(ask(person, [NET], undefined, { signal: abort.signal, interrupt: () => abort.abort() }), /AbortError/);
  const later = new AbortController();
  const silent = new Person([]);
  silent.resume = () => {};
  setTimeout(() => later.abort(), 300);
  await rejects(ask(silent, [NET], undefined, { signal: later.signal }), /AbortError/);
  assert.is(silent.listenerCount("data"), 0);
});

prompts("hostile text is shown and not obeyed, and text that is too long is refused unseen", async () => {
  const person = new Person(["n\n"]);
  const link = "e\u001b[2K\r\u202e\u3164тh0\n";
  assert.equal(await ask(person, [{ kind: "frame", link, etherType: 0x0806 }, { kind: "sys", fact: "x".repeat(5000) }, NET]), [
    "no",
    "no",
    "no",
  ]);
  assert.not.match(person.shown.replaceAll("\n", "").replaceAll("…", ""), /[^ -~]/);
  assert.ok(person.shown.includes(String.raw`frame "e\\x1b[2K\\x0d\\u202e\u{3164}\u{442}h0\\x0a/0x0806"`), person.shown);
  assert.match(person.shown, /permission 2 of 3:\n {2}refused: it is too long to be shown\n/);
});

prompts("nobody is asked where stdin or stderr is no terminal", () => {
  const person = new Person([]);
  const pipe = Object.assign(new Person([]), { isTTY: false });
  assert.is(openPrompt({ input: pipe, output: person }), undefined);
  assert.is(openPrompt({ input: person, output: pipe }), undefined);
});

const SESSION = `
  import { openPrompt } from ${JSON.stringify(new URL("./terminal-prompt.ts", import.meta.url).href)};
  const applicant = ${JSON.stringify(vrrp)};
  const permissions = ${JSON.stringify([NET, FRAME])};
  process.stdout.write("ready\\n");
  await new Promise((resolve) => setTimeout(resolve, 1500)); // somebody types meanwhile
  const answers = await openPrompt().ask({ applicant, permissions, grantsFile: undefined });
  process.stdout.write("answers " + answers.join() + "\\n");
`;

/** On a terminal of its own; types whenever what was shown so far ends as `turns` say. Gives all that was shown. */
async function session(turns: readonly (readonly [shown: RegExp, typed: string])[]): Promise<string> {
  const node = `'${process.execPath}' --import tsx --input-type=module -e "$SESSION"`;
  const child = spawn("script", ["-qfec", node, "/dev/null"], {
    cwd: fileURLToPath(new URL("../../..", import.meta.url)),
    env: { ...process.env, SESSION },
  });
  const left = [...turns];
  let shown = "";
  child.stdout.on("data", (bytes: Buffer) => {
    shown += bytes.toString();
    const [turn] = left;
    if (turn?.[0].test(shown)) child.stdin.write(left.shift()?.[1] ?? "");
  });
  const timer = setTimeout(() => child.kill(), 20_000);
  await new Promise((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  return shown;
}

testWith(
  prompts,
  [tool("script", "bsdutils")],
  "on a real terminal: typed before is lost, even half a line; then lines answer",
  async () => {
    const shown = await session([
      [/ready/, "n\ny\nn"],
      [/1 of 2[\s\S]*> $/, "y\n"],
      [/2 of 2[\s\S]*> $/, "n\n"],
    ]);
    assert.match(shown, /answers once,no\r?\n/);
  },
);

testWith(prompts, [tool("script", "bsdutils")], "on a real terminal: Ctrl-C ends the program", async () => {
  const shown = await session([[/1 of 2[\s\S]*> $/, "\u0003"]]);
  assert.not.match(shown, /answers/);
});

prompts.run();
