import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Child } from "./child.ts";

const child = suite("child");

const node = (script: string) => [process.execPath, "-e", script];

async function failure(run: () => Promise<unknown>): Promise<string> {
  return run().then(
    () => "nothing",
    (error: Error) => error.message,
  );
}

child("Child takes lines and gives lines, however they are cut", async () => {
  const echo = new Child(
    "an echo",
    node(`process.stdout.write("rea"); setTimeout(() => process.stdout.write("dy\\nmore\\n"), 20); process.stdin.pipe(process.stdout)`),
  );
  assert.equal([await echo.next(5000), await echo.next(5000)], ["ready", "more"]);
  echo.send("what you say");
  assert.is(await echo.next(5000), "what you say");
  echo.mustRun();
  await echo.stop();
  assert.throws(() => echo.mustRun(), /^Cannot bench: an echo ended early: it said nothing$/);
});

child("Child says who ended early, with what it said", async () => {
  const failing = new Child("the responder", node(`process.stderr.write("no such interface\\n"); process.exitCode = 1`));
  assert.is(await failure(() => failing.next(5000)), "Cannot bench: the responder ended early: no such interface");
  await failing.stop();
  const absent = new Child("the responder", ["/nowhere/responder"]);
  assert.match(await failure(() => absent.next(5000)), /ended early: .*ENOENT/);
});

child("Child says who is silent", async () => {
  const silent = new Child("the generator", node("setInterval(() => {}, 1000)"));
  assert.is(await failure(() => silent.next(300)), "Cannot bench: the generator was silent for 0.3 s");
  await silent.stop();
});

child("Child stops also who does not listen", async () => {
  const deaf = new Child(
    "a deaf one",
    node(`process.on("SIGTERM", () => {}); process.stdout.write("ready\\n"); setInterval(() => {}, 1000)`),
  );
  await deaf.next(5000);
  await deaf.stop();
  assert.throws(() => process.kill(deaf.pid, 0), /ESRCH/);
});

child.run();
