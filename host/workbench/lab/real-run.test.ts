import { suite } from "uvu";
import * as assert from "uvu/assert";
import { realRunCommand } from "./real-run.ts";

const REAL = suite("realRunCommand");

function withEnvironment(program: string, npmScript: string | undefined, use: () => void): void {
  const { argv, env } = process;
  process.argv = [process.execPath, program];
  process.env = { ...env, npm_lifecycle_event: npmScript };
  try {
    use();
  } finally {
    Object.assign(process, { argv, env });
  }
}

const starts: Readonly<Record<string, readonly [program: string, npmScript: string | undefined, again: string]>> = {
  "npm start": ["/checkout/dist/herald.mjs", "start", "npm start --"],
  "the command on the path": ["/usr/bin/herald", undefined, "herald"],
  "node and the program": ["dist/herald.mjs", undefined, "node dist/herald.mjs"],
};

for (const [what, [program, npmScript, again]] of Object.entries(starts)) {
  REAL(`is ${what} where that was how it was started`, () => {
    withEnvironment(program, npmScript, () => {
      const command = realRunCommand(["ip"], ["--once", "--manifests", "my lab/it's"]);
      assert.ok(command.endsWith(`apt-get install -y iproute2 util-linux && ${again} lab --once --manifests 'my lab/it'\\''s'`), command);
    });
  });
}

REAL.run();
