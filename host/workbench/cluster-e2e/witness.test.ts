import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ApiServer, startApiServer } from "../api-server/api-server.ts";
import { apiServer, testWith } from "../testing/requirements.ts";
import { deleteServices, writeServices } from "./crowd.ts";
import { Witness } from "./witness.ts";

const witnesses = suite("witness");

async function give(server: ApiServer, name: string, ...addresses: readonly string[]): Promise<void> {
  const status = { loadBalancer: { ingress: addresses.map((ip) => ({ ip })) } };
  await server.admin.patch("v1/Service", `default/${name}`, { status }, { subresource: "status" });
}

testWith(witnesses, [apiServer], "it sees an address at two Services, and one that was taken away", async () => {
  const server = await startApiServer();
  const witness = new Witness(server.admin);
  try {
    await witness.start();
    await writeServices(server.admin, 0, 4);
    await give(server, "web-0", "192.0.2.1");
    await give(server, "web-1", "192.0.2.2");
    await deleteServices(server.admin, 0, 1);
    await give(server, "web-2", "192.0.2.1");
    await witness.untilServed(2, 20_000);
    assert.equal(witness.faults, [], "an address of a Service that is gone may be given out again");
    await server.kill();
    await server.restart();
    await give(server, "web-3", "192.0.2.2");
    await witness.untilServed(3, 20_000);
    await give(server, "web-2");
    await witness.untilServed(2, 20_000);
    assert.equal(witness.faults, ["192.0.2.2 is at default/web-1 and at default/web-3", "default/web-2 had 192.0.2.1 and has nothing"]);
  } finally {
    await witness.close();
    await server.stop();
  }
});

witnesses.run();
