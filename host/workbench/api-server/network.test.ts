import { suite } from "uvu";
import * as assert from "uvu/assert";
import { PrivateNetwork, run } from "../private-network.ts";
import { insideTests } from "../testing/inside.ts";
import { apiServer } from "../testing/requirements.ts";
import { startApiServer } from "./api-server.ts";

const network = suite("API server in a private network");
const inside = insideTests(network, import.meta.url);

inside("hosts of the network reach it by its address", [apiServer], async () => {
  const hosts = new PrivateNetwork();
  hosts.addHost("node1", "192.0.2.1/24");
  run("ip", "address", "add", "192.0.2.254/24", "dev", hosts.bridge);
  const server = await startApiServer({ address: "192.0.2.254" });
  try {
    const script = `require("https").get(process.argv[1] + "/readyz", { ca: process.argv[2] }, (answer) => answer.pipe(process.stdout))`;
    assert.is(run(...hosts.on("node1", process.execPath, "-e", script, server.url, server.ca)), "ok");
  } finally {
    await server.stop();
  }
});

network.run();
