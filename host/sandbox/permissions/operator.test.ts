import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { NotCapable, type Permission } from "../../announcer.ts";
import { recordedLog } from "../../workbench/testing/log.ts";
import { rejects } from "../../workbench/testing/promises.ts";
import { type Answer, type Asking, NotGranted, Operator, type OperatorOptions, type Question } from "./operator.ts";
import { parseScope } from "./parse-scope.ts";

const operators = suite("operator");

const PIN = `sha256-${"a".repeat(43)}=`;
const OTHER = `sha256-${"b".repeat(43)}=`;
const NET = parseScope("net", "192.0.2.1:179");
const FRAME = parseScope("frame", "eth0/ipv4/112");
const SECRET = parseScope("secret", "router");
const vrrp: Asking = { name: "vrrp", foreign: { specifier: "./vrrp.ts", pin: PIN } };
const updated: Asking = { name: "vrrp", foreign: { specifier: "./vrrp.ts", pin: OTHER } };

let folder = "";
let grantsFile = "";
operators.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), "herald-operator-"));
  grantsFile = join(folder, "grants.yaml");
});
operators.after.each(() => rmSync(folder, { recursive: true }));

const plugins = new Set(["./vrrp.ts"]);

async function missing(options: OperatorOptions, asked: readonly Permission[]): Promise<string> {
  const error = await new Operator(options).decide(vrrp, asked).catch((thrown: Error) => thrown);
  assert.ok(error instanceof NotGranted && error instanceof NotCapable);
  assert.is(error.plugin, "vrrp");
  return error.message;
}

operators("all that is missing is told at once, with the flags and the line that grant it", async () => {
  assert.is(
    await missing({ flags: { allow: [SECRET], deny: [], plugins } }, [NET, FRAME, SECRET]),
    'not granted: net "192.0.2.1:179", frame "eth0/0x0800/112"; ' +
      "run again with --allow-net=192.0.2.1:179 --allow-frame=eth0/0x0800/112, " +
      `or grant { plugin: vrrp, pin: ${PIN}, allow: { net: ["192.0.2.1:179"], frame: ["eth0/0x0800/112"] } }`,
  );
  assert.is(
    await missing({ bindTo: "path" }, [NET]),
    `not granted: net "192.0.2.1:179"; run again with --allow-net=192.0.2.1:179, ` +
      `or grant { plugin: vrrp, path: "${process.cwd()}/vrrp.ts", allow: { net: ["192.0.2.1:179"] } }`,
  );
});

operators("in a cluster the resource's lines are told", async () => {
  const resource = () => ({ pin: PIN, allow: [SECRET] });
  assert.is(
    await missing({ isInCluster: true, resource }, [NET, FRAME, SECRET]),
    'not granted: net "192.0.2.1:179", frame "eth0/0x0800/112"; add to spec.grants of Plugin vrrp: ' +
      '{ kind: net, host: "192.0.2.1:179" }, { kind: frame, link: "eth0", etherType: 2048, ipProtocol: 112 }',
  );
  assert.equal((await new Operator({ isInCluster: true, resource }).decide(vrrp, [SECRET])).granted, [SECRET]);
});

operators("flags count for the plugins that the command line names", async () => {
  const flags = { allow: [NET], deny: [], plugins };
  const other = { name: "vrrp", foreign: { specifier: "./other.ts", pin: PIN } };
  assert.equal((await new Operator({ flags }).decide(vrrp, [NET])).granted, [NET]);
  await rejects(new Operator({ flags }).decide(other, [NET]), /not granted/);
});

operators("Herald's own have what they ask for, minus what is denied by the file or by flags that name them", async () => {
  writeFileSync(grantsFile, '- { plugin: arp, deny: { frame: ["wlan*/arp"] } }\n', { mode: 0o600 });
  const flags = { allow: [], deny: [NET], plugins: new Set(["arp"]) };
  const operator = new Operator({ grantsFile, flags });
  const decision = await operator.decide({ name: "arp" }, [FRAME]);
  assert.equal(decision.granted, [FRAME]);
  assert.equal(decision.deny, [NET, parseScope("frame", "wlan*/arp")]);
  assert.equal([...decision.via.values()], ["built-in", "--deny-net", `${grantsFile}:1`]);
  assert.equal((await operator.decide({ name: "ndp" }, [FRAME])).deny, []);
});

operators("the file is read anew each time; a mistake in it leaves what counted before, and stops a first start", async () => {
  writeFileSync(grantsFile, `- { plugin: vrrp, pin: ${PIN}, allow: { net: ["*"] } }\n`, { mode: 0o600 });
  const { log, lines } = recordedLog();
  const operator = new Operator({ grantsFile, log });
  await operator.decide(vrrp, [NET]);
  await rejects(operator.decide(updated, [NET]), new RegExp(`was granted by .*:1 to ${PIN.replace("+", "\\+")}, and this is `));
  writeFileSync(grantsFile, `- { plugin: vrrp, pin: ${PIN}, allow: { net: ["router"] } }\n`);
  await operator.decide(vrrp, [NET]);
  assert.match(
    lines.map(({ message, fields }) => `${message} ${fields?.["error"]}`).join(),
    /^Keeping the grants from before .*found "router"/,
  );
  await rejects(new Operator({ grantsFile }).decide(vrrp, [NET]), /found "router"/);
  writeFileSync(grantsFile, "");
  await rejects(operator.decide(vrrp, [NET]), /not granted/);
});

function answering(...answers: Answer[]) {
  const questions: Question[] = [];
  const told: string[] = [];
  const ask = async (question: Question) => {
    questions.push(question);
    return question.permissions.map(() => answers.shift() ?? "no");
  };
  return { questions, told, prompt: { ask, tell: (line: string) => void told.push(line) } };
}

operators("who answers once is not asked again for this content, also at a restart; an update is asked for", async () => {
  const { questions, prompt } = answering("once", "no", "once");
  const operator = new Operator({ prompt });
  const decision = await operator.decide(vrrp, [NET, FRAME]);
  assert.equal([decision.granted, decision.denied], [[NET], [FRAME]]);
  assert.equal((await operator.decide(vrrp, [NET, FRAME])).granted, [NET]);
  assert.is(questions.length, 1);
  assert.equal((await operator.decide(updated, [NET])).granted, [NET]);
  assert.is(questions.length, 2);
});

operators("always and never are written to the file, where they count for the next Herald", async () => {
  const { prompt } = answering("always", "never", "once");
  await new Operator({ prompt, grantsFile }).decide(vrrp, [NET, FRAME, SECRET]);
  assert.is(
    readFileSync(grantsFile, "utf8"),
    `- { plugin: vrrp, pin: ${PIN}, allow: { net: ["192.0.2.1:179"] } }\n- { plugin: vrrp, deny: { frame: ["eth0/0x0800/112"] } }\n`,
  );
  const decision = await new Operator({ grantsFile }).decide(vrrp, [NET, FRAME]);
  assert.equal([decision.granted, decision.denied], [[NET], [FRAME]]);
});

operators("a file that cannot be added to is told, and the answer counts this time", async () => {
  const { prompt, told } = answering("always");
  const nowhere = join(folder, "no", "grants.yaml");
  const decision = await new Operator({ prompt, grantsFile: nowhere }).decide(vrrp, [NET]);
  assert.equal(decision.granted, [NET]);
  assert.match(told.join(), /^Cannot add to grants file .*: the directory does not exist \(ENOENT\); add - { plugin: vrrp, pin: /);
});

operators("several plugins are asked for one after the other, and an aborted question ends only itself", async () => {
  let open = 0;
  let most = 0;
  const ask = async ({ applicant, permissions }: Question) => {
    most = Math.max(most, ++open);
    await new Promise((resolve) => setTimeout(resolve, 5));
    open--;
    if (applicant.name === "bad") throw new Error("aborted");
    return permissions.map((): Answer => "once");
  };
  const operator = new Operator({ prompt: { ask, tell: () => {} } });
  const decisions = ["one", "bad", "two"].map((name) => operator.decide({ name, foreign: { specifier: name, pin: PIN } }, [NET]));
  const settled = await Promise.allSettled(decisions);
  assert.equal(
    settled.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled"],
  );
  assert.is(most, 1);
});

operators("hint() tells an author what to ask for, and an operator what to grant then", () => {
  assert.is(
    new Operator().hint(vrrp, NET),
    'it did not ask for that: add { kind: net, host: "192.0.2.1:179" } to its permissions, and ' +
      `run again with --allow-net=192.0.2.1:179, or grant { plugin: vrrp, pin: ${PIN}, allow: { net: ["192.0.2.1:179"] } }`,
  );
  assert.is(
    new Operator().hint({ name: "bgp" }, NET),
    'it did not ask for that: add { kind: net, host: "192.0.2.1:179" } to its permissions',
  );
});

operators.run();
