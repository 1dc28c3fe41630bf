import { suite } from "uvu";
import * as assert from "uvu/assert";
import { memorySecrets } from "../../workbench/testing/secrets.ts";
import { Opened } from "../opened.ts";
import { Grants } from "../permissions/grants.ts";
import { createSecrets, noSecrets, readPassword } from "./secrets.ts";

const secrets = suite("secrets");
const grants = new Grants("x", [{ kind: "secret", name: "peer-*" }]);

secrets("watch() tells the revision at once and when it changes, never the password", () => {
  const source = memorySecrets({ "peer-a": "one" });
  const opened = new Opened("x");
  const seen: (string | undefined)[] = [];
  const close = createSecrets(grants, source, opened).watch("peer-a", (revision) => seen.push(revision));
  source.set("peer-a", "one");
  source.set("peer-b", "other");
  source.set("peer-a", "two");
  source.set("peer-a", undefined);
  assert.is(seen.length, 3);
  assert.is(new Set(seen).size, 3);
  assert.is(seen[2], undefined);
  assert.not.match(JSON.stringify(seen), /one|two/);
  close();
  source.set("peer-a", "three");
  assert.is(seen.length, 3);
  assert.equal([opened.size, source.watchers], [0, 0]);
});

secrets("watch() ends with the plugin", () => {
  const source = memorySecrets({ "peer-a": "one" });
  const opened = new Opened("x");
  const power = createSecrets(grants, source, opened);
  let calls = 0;
  power.watch("peer-a", () => (calls += 1));
  opened.end();
  source.set("peer-a", "two");
  power.watch("peer-a", () => (calls += 1))();
  assert.equal([calls, source.watchers], [1, 0]);
});

secrets("a Secret needs its grant, a text none", () => {
  const source = memorySecrets({ "peer-a": "one", other: "hidden" });
  assert.is(readPassword({ secret: "peer-a" }, grants, source), "one");
  assert.is(readPassword({ text: "plain" }, new Grants("x", []), noSecrets), "plain");
  assert.throws(() => readPassword({ secret: "other" }, grants, source), /^Plugin x may not use secret "other"/);
  assert.throws(() => createSecrets(grants, source, new Opened("x")).watch("other", () => {}), /may not use secret "other"/);
});

secrets("a Secret that is not there is named", () => {
  assert.throws(
    () => readPassword({ secret: "peer-a" }, grants, noSecrets),
    /^Secret peer-a: found nothing, expected type kubernetes.io\/basic-auth with key password$/,
  );
});

secrets('hmac() is HMAC-SHA-256 by the password, RFC 4231 §4.3 "Test Case 2"; it needs the grant, and the Secret', async () => {
  const source = memorySecrets({ "peer-a": "Jefe", other: "hidden" });
  const power = createSecrets(grants, source, new Opened("x"));
  const bytes = new TextEncoder().encode("what do ya want for nothing?");
  const wanted = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
  assert.is(Buffer.from(await power.hmac("peer-a", bytes)).toString("hex"), wanted);
  for (const [name, why] of [
    ["other", /may not use secret "other"/],
    ["peer-b", /^Secret peer-b: found nothing/],
  ] as const) {
    const failure = await power.hmac(name, bytes).catch((error: Error) => error);
    assert.match((failure as Error).message, why);
  }
});

secrets.run();
