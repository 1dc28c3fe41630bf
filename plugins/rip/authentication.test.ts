import { createHmac } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FakeClock } from "../../host/workbench/testing/fake-clock.ts";
import { rejects } from "../../host/workbench/testing/promises.ts";
import { type AuthenticationConfig, createAuthentication } from "./authentication.ts";

const authentication = suite("rip authentication");

const MESSAGE = Uint8Array.from(Buffer.from("02020000" + "00020000c6336401ffffffff0000000000000001", "hex"));
const configs: readonly AuthenticationConfig[] = [
  { type: "password", text: "night-and-day" },
  { type: "md5", keyId: 7, text: "night-and-day" },
  { type: "hmac-sha-256", keyId: 7, secret: "key" },
];

/** A host with one Secret. */
function context(password?: string) {
  const hmac = async (_: string, bytes: Uint8Array): Promise<Uint8Array> => {
    if (password === undefined) throw new Error("Secret key: found nothing");
    return createHmac("sha256", password).update(bytes).digest();
  };
  return { clock: new FakeClock(), secrets: { hmac, watch: () => () => {} } };
}

const withKey = (config: AuthenticationConfig, key: string): AuthenticationConfig => ("text" in config ? { ...config, text: key } : config);
const start = (config: AuthenticationConfig, key: string) => createAuthentication(withKey(config, key), context(key));

for (const config of configs) {
  const { type } = config;

  authentication(`${type}: what one has sealed another opens with the same key, and with no other`, async () => {
    const sealed = await start(config, "night-and-day").seal(MESSAGE);
    assert.is(Buffer.from(sealed.subarray(4, 6)).toString("hex"), "ffff");
    assert.equal([...((await start(config, "night-and-day").open(sealed)) ?? [])], [...MESSAGE]);
    assert.is(await start(config, "night-and-dax").open(sealed), undefined);
  });

  authentication(`${type}: nothing that was changed, cut or not sealed is opened`, async () => {
    const one = start(config, "night-and-day");
    const sealed = await one.seal(MESSAGE);
    // A password in the clear says nothing of the rest.
    const covered = type === "password" ? [4, 6, 8, 23] : [4, 6, 9, 10, 12, 30, sealed.length - 1];
    for (const at of covered) {
      const changed = sealed.slice();
      changed[at] = (changed[at] as number) ^ 1;
      assert.is(await one.open(changed), undefined, `byte ${at}`);
    }
    for (let length = 0; length < (type === "password" ? 24 : sealed.length); length++) {
      assert.is(await one.open(sealed.subarray(0, length)), undefined, `${length} bytes`);
    }
    assert.is(await one.open(MESSAGE), undefined);
  });
}

authentication("without authentication, what is authenticated is not believed (RFC 2453 §5.2)", async () => {
  const none = createAuthentication(undefined, context());
  const sealed = await start(configs[0]!, "x").seal(MESSAGE);
  assert.is(await none.open(sealed), undefined);
  assert.is(await none.open(MESSAGE), MESSAGE);
  assert.is(await none.seal(MESSAGE), MESSAGE);
});

authentication("sequence numbers are seconds, and never fall, though the clock does", async () => {
  const { clock, secrets } = context();
  let wallMs = 1_000_000_000;
  const md5 = createAuthentication(configs[1], { clock: Object.assign(clock, { wallMs: () => wallMs }), secrets });
  const next = async (): Promise<number> => Buffer.from(await md5.seal(MESSAGE)).readUInt32BE(12);
  assert.is(await next(), 1_000_000);
  wallMs += 5000;
  assert.is(await next(), 1_000_005);
  wallMs -= 500_000;
  assert.is(await next(), 1_000_005);
});

authentication("a Secret that is not there is told to who would send", async () => {
  await rejects(createAuthentication(configs[2], context()).seal(MESSAGE), /Secret key: found nothing/);
});

authentication.run();
