import { suite } from "uvu";
import * as assert from "uvu/assert";
import { serveHealth } from "./serve-health.ts";

const health = suite("health");

health("it is well and not ready, ready, and beyond help", async () => {
  let problem: string | undefined;
  let isReady = false;
  const server = await serveHealth({ address: "127.0.0.1", port: 0 }, { problem: () => problem, isReady: () => isReady });
  const ask = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return `${answer.status} ${await answer.text()}`;
  };
  try {
    assert.is(await ask("/healthz"), "200 ok");
    assert.is(await ask("/readyz"), "503 The first view of the cluster has not been acted on yet\n");
    isReady = true;
    assert.is(await ask("/readyz?verbose=1"), "200 ok");
    problem = "The packet worker fell silent: nothing is answered any more";
    assert.is(await ask("/healthz"), `503 ${problem}\n`);
    assert.is(await ask("/readyz"), `503 ${problem}\n`);
    assert.is(await ask("/metrics"), "404 There is nothing here: expected /healthz or /readyz\n");
  } finally {
    await server.close();
  }
});

health("a port that is in use is named with its flag", async () => {
  const idle = { problem: () => undefined, isReady: () => true };
  const first = await serveHealth({ address: "127.0.0.1", port: 0 }, idle);
  try {
    const second = await serveHealth({ address: "127.0.0.1", port: first.port }, idle).catch((error: Error) => error.message);
    assert.is(second, `Cannot serve health: port ${first.port} of 127.0.0.1 is in use; set another with --health-probe-port`);
    const nowhere = await serveHealth({ address: "192.0.2.1", port: 1 }, idle).catch((error: Error) => error.message);
    assert.is(nowhere, "Cannot serve health: port 1 of 192.0.2.1 is not an address of this machine; set another with --health-probe-port");
  } finally {
    await first.close();
  }
});

health.run();
