/** `docs/permissions.md` says what is so: every scope, flag, file, message and line of it is made or read here. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadAll } from "js-yaml";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseFlags } from "../../cli/command.ts";
import { demandScopedFlags, permissionFlags, readPermissionFlags } from "../../cli/permission-flags.ts";
import { readPlugin } from "../../cluster/plugin-resources/plugin.ts";
import { openAuditLog } from "../../observe/audit-log.ts";
import { FakeClock } from "../../workbench/testing/fake-clock.ts";
import { recordedLog } from "../../workbench/testing/log.ts";
import { parseGrants } from "./grants-file.ts";
import { Operator } from "./operator.ts";
import { isKind, KINDS, parseScope } from "./parse-scope.ts";
import { openPrompt } from "./terminal-prompt.ts";

const page = suite("docs/permissions.md");

const text = readFileSync(fileURLToPath(new URL("../../../docs/permissions.md", import.meta.url)), "utf8");
const PIN = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
const NET = parseScope("net", "192.0.2.1:179");
const vrrp = { name: "vrrp", foreign: { specifier: "./vrrp.ts", pin: PIN } };

function blocks(language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(([, body = ""]) => body);
}

page("every kind is in the table, and every example is a scope of its kind", () => {
  const rows = text.split("\n").flatMap((line) => {
    const [, kind = "", , , examples = ""] = line.split("|").map((cell) => cell.trim());
    const bare = kind.replaceAll("`", "");
    return isKind(bare) ? [{ kind: bare, examples: [...examples.matchAll(/`([^`]+)`/g)].map(([, scope = ""]) => scope) }] : [];
  });
  assert.equal(
    rows.map(({ kind }) => kind),
    KINDS,
  );
  for (const { kind, examples } of rows) {
    assert.ok(examples.length > 0, kind);
    for (const example of examples) parseScope(kind, example);
  }
});

page("every command line can be read", () => {
  const lines = blocks("sh").flatMap((body) => body.trim().split("\n"));
  assert.is(lines.length, 2);
  for (const line of lines) {
    const args = line.split(" ").slice(2);
    demandScopedFlags(args);
    const { allow } = readPermissionFlags(
      parseFlags(args, { ...permissionFlags, manifests: { type: "string" }, plugin: { type: "string", multiple: true } }).values,
    );
    assert.ok(allow.length > 0);
  }
});

page("what is said not to be there is refused with a reason", () => {
  const flags = [...(text.split("## What there is not").at(-1) ?? "").matchAll(/`(--allow-\w+|-A)`/g)].map(([, flag = ""]) => flag);
  assert.is(flags.length, 8);
  for (const flag of flags) assert.throws(() => demandScopedFlags([flag]), new RegExp(`^Herald has no ${flag}: `));
});

page("the grants file is one, and does what is said", async () => {
  const [file = "", resource = ""] = blocks("yaml");
  const grants = parseGrants(file, "/etc/herald/grants.yaml");
  assert.equal(
    grants.map(({ plugin, pin, path, allow, deny }) => [plugin, pin ?? path, allow.length, deny.length]),
    [
      ["vrrp", PIN, 2, 0],
      ["vrrp", undefined, 0, 1],
      ["beacon", "/etc/herald/beacon.ts", 1, 0],
      ["arp", undefined, 0, 1],
    ],
  );
  const read = readPlugin(loadAll(resource)[0], new Map());
  assert.equal(read.problems, []);
  assert.ok(read.ok && read.value.pin === PIN && read.value.grants.length === 2);
});

page("the refusal is the one that is shown", async () => {
  const asked = [parseScope("frame", "eth0/ipv4/112"), NET];
  const error = await new Operator().decide(vrrp, asked).catch((thrown: Error) => thrown);
  assert.ok(error instanceof Error);
  assert.is(blocks("text")[0], `Cannot start plugin "vrrp": ${error.message}\n`);
});

page("the question is the one that is shown", async () => {
  let shown = "";
  let onData: (bytes: string) => void = () => {};
  const input = {
    isTTY: true,
    on: (event: string, call: (bytes: string) => void) => void (event === "data" && (onData = call)),
    off: () => {},
    resume: () => void (shown.endsWith("> ") && setImmediate(() => onData("n\n"))),
    pause: () => {},
  };
  const prompt = openPrompt({ input, output: { isTTY: true, write: (more: string) => void (shown += more) } });
  const applicant = { name: "vrrp", ...vrrp.foreign };
  await prompt?.ask({ applicant, permissions: [NET], grantsFile: "/etc/herald/grants.yaml" });
  assert.is(blocks("text")[1]?.trim(), shown.trim());
});

page("the audit log has the lines that are shown", async () => {
  const folder = mkdtempSync(join(tmpdir(), "herald-page-"));
  try {
    const clock = new FakeClock();
    const audit = openAuditLog(join(folder, "audit.jsonl"), recordedLog().log, clock);
    const use = () => audit.note("vrrp", NET, true, { pin: PIN, via: "--allow-net" });
    use();
    audit.note("vrrp", parseScope("secret", "router"), false, { pin: PIN, via: "" });
    for (let uses = 0; uses < 41; uses++) use();
    await clock.advance(60_000);
    await audit.close();
    assert.is(blocks("json")[0], readFileSync(join(folder, "audit.jsonl"), "utf8"));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

page.run();
