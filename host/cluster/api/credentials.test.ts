import { mkdirSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rejects } from "../../workbench/testing/promises.ts";
import { findCredentials, kubeConfigCredentials, serviceAccountCredentials } from "./credentials.ts";

const CREDENTIALS = suite("credentials");
const folder = mkdtempSync(join(tmpdir(), "herald-credentials-"));
const SERVER = "https://192.0.2.1:6443/prefix";

/** A kubeconfig with one user and one cluster. */
function kubeconfig(user: object, cluster: object = {}): string {
  const file = join(folder, "config");
  const clusters = [{ name: "c", cluster: { server: SERVER, ...cluster } }];
  const contexts = [{ name: "x", context: { cluster: "c", user: "u", namespace: "herald" } }];
  writeFileSync(file, JSON.stringify({ clusters, contexts, users: [{ name: "u", user }], "current-context": "x" }));
  return file;
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

CREDENTIALS.after(() => rmSync(folder, { recursive: true }));

CREDENTIALS("a kubeconfig file says where the server is, whom to trust and who asks", async () => {
  const cluster = { "certificate-authority-data": base64("CA"), "tls-server-name": "kubernetes" };
  const user = { "client-certificate-data": base64("CERT"), "client-key-data": base64("KEY") };
  const { server, tls, headers, namespace, agent } = await (await kubeConfigCredentials(kubeconfig(user, cluster))).access();
  assert.equal([server, headers, namespace, agent], [SERVER, {}, "herald", undefined]);
  assert.equal(
    Object.entries(tls).map(([name, value]) => `${name} ${value}`),
    ["ca CA", "cert CERT", "key KEY", "servername kubernetes"],
  );
});

CREDENTIALS("files in a kubeconfig are found beside it", async () => {
  writeFileSync(join(folder, "ca.crt"), "CA");
  writeFileSync(join(folder, "token"), "from a file\n");
  const file = kubeconfig({ tokenFile: "token" }, { "certificate-authority": "ca.crt" });
  const credentials = await findCredentials(file);
  const access = await credentials.access();
  assert.equal([String(access.tls.ca), access.headers], ["CA", { authorization: "Bearer from a file" }]);
  writeFileSync(join(folder, "token"), "another");
  assert.is(await credentials.access(), access);
  assert.equal((await credentials.access(access)).headers, { authorization: "Bearer another" });
});

CREDENTIALS("tokens and passwords are sent as such, and a proxy makes the connections", async () => {
  const withToken = await kubeConfigCredentials(
    kubeconfig({ token: "t" }, { "insecure-skip-tls-verify": true, "proxy-url": "http://127.0.0.1:3128" }),
  );
  const access = await withToken.access();
  assert.equal([access.headers, access.tls.rejectUnauthorized, access.agent !== undefined], [{ authorization: "Bearer t" }, false, true]);
  const withPassword = await kubeConfigCredentials(kubeconfig({ username: "me", password: "secret" }));
  assert.equal((await withPassword.access()).headers, { authorization: `Basic ${base64("me:secret")}` });
});

CREDENTIALS("an exec plugin is asked once, until it expires or is refused", async () => {
  const program = join(folder, "plugin.cjs");
  const runs = join(folder, "runs");
  writeFileSync(
    program,
    `require("fs").appendFileSync(${JSON.stringify(runs)}, "x");
     const token = "t" + require("fs").readFileSync(${JSON.stringify(runs)}).length;
     console.log(JSON.stringify({ status: { token, expirationTimestamp: "2999-01-01T00:00:00Z" } }));`,
  );
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: process.execPath, args: [program] };
  const credentials = await kubeConfigCredentials(kubeconfig({ exec }));
  const first = await credentials.access();
  assert.is((await credentials.access()).headers["authorization"], "Bearer t1");
  assert.is((await credentials.access(first)).headers["authorization"], "Bearer t2");
});

CREDENTIALS("a kubeconfig that is no use says why", async () => {
  const missing = await kubeConfigCredentials(join(folder, "missing"));
  await rejects(missing.access(), /^ApiError: Cannot read the credentials for the API server: ENOENT/);
  writeFileSync(join(folder, "empty"), "{}");
  const empty = await kubeConfigCredentials(join(folder, "empty"));
  await rejects(empty.access(), /found no cluster for the context ""/);
});

CREDENTIALS("a service account's files are read again once they are refused, and kept where they are away", async () => {
  const account = join(folder, "account");
  mkdirSync(account);
  for (const [name, text] of [
    ["ca.crt", "CA\n"],
    ["token", "one\n"],
    ["namespace", "herald"],
  ] as const)
    writeFileSync(join(account, name), text);
  const credentials = serviceAccountCredentials(SERVER, account);
  const first = await credentials.access();
  assert.equal(first, { server: SERVER, tls: { ca: "CA" }, headers: { authorization: "Bearer one" }, namespace: "herald" });
  writeFileSync(join(account, "token"), "two");
  assert.is(await credentials.access(), first);
  const second = await credentials.access(first);
  assert.equal(second.headers, { authorization: "Bearer two" });
  unlinkSync(join(account, "token"));
  assert.is(await credentials.access(second), second);
});

CREDENTIALS("without either it says what it looked for", async () => {
  const before = process.env["KUBERNETES_SERVICE_HOST"];
  delete process.env["KUBERNETES_SERVICE_HOST"];
  await rejects(findCredentials(), /Cannot find an API server: found no KUBERNETES_SERVICE_HOST/);
  process.env["KUBERNETES_SERVICE_HOST"] = "fd00::1";
  process.env["KUBERNETES_SERVICE_PORT"] = "443";
  await rejects((await findCredentials()).access(), /Cannot read the credentials for the API server: ENOENT/);
  if (before === undefined) delete process.env["KUBERNETES_SERVICE_HOST"];
  else process.env["KUBERNETES_SERVICE_HOST"] = before;
});

CREDENTIALS.run();
