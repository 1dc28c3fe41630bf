/** Evaluates a plugin's script as its sandbox does: in a locked-down realm, in a compartment with nothing endowed; in a process of its own. */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const LIMIT_MS = 20_000;
const project = fileURLToPath(new URL("../../..", import.meta.url));

/** `read` is source text of a function from the completion value to what is told of it, which is JSON. Throws what SES throws. */
export function evaluateInSes(code: string, read: string): unknown {
  const program = `
    import "ses";
    import { readFileSync } from "node:fs";
    lockdown({ errorTaming: "unsafe" });
    const { code, read } = JSON.parse(readFileSync(0, "utf8"));
    const told = await (0, eval)(read)(new Compartment().evaluate(code));
    process.stdout.write(JSON.stringify({ told }));`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    cwd: project,
    input: JSON.stringify({ code, read }),
    encoding: "utf8",
    timeout: LIMIT_MS,
  });
  if (status !== 0) throw new Error(`Cannot evaluate: ${stderr}`);
  return (JSON.parse(stdout) as { told: unknown }).told;
}
