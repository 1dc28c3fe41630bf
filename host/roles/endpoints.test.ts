/** The ports of a role, asked as Prometheus and a kubelet do; the tokens are judged by a real API server where there is one. */

import { request as plainRequest } from "node:http";
import { request } from "node:https";
import { connect } from "node:tls";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Api, ApiRequest } from "../cluster/api/api.ts";
import { MetricsAccess } from "../cluster/kubernetes/metrics-access.ts";
import { createMetrics } from "../observe/metrics.ts";
import { type ApiServer, startApiServer } from "../workbench/api-server/api-server.ts";
import { freePort } from "../workbench/api-server/free-port.ts";
import type { TestClient } from "../workbench/api-server/test-client.ts";
import { recordedLog } from "../workbench/testing/log.ts";
import { parseMetrics } from "../workbench/testing/metrics-text.ts";
import { apiServer, testWith } from "../workbench/testing/requirements.ts";
import { type ClusterEndpoints, clusterEndpoints, plainEndpoints } from "./endpoints.ts";

const endpoints = suite("endpoints");

function served() {
  const metrics = createMetrics();
  metrics.gauge("herald_ready", 1);
  return { metrics, problem: () => undefined, isReady: () => true };
}

async function cluster(more: Partial<ClusterEndpoints> = {}): Promise<ClusterEndpoints> {
  const [metricsPort, healthPort] = [await freePort(), await freePort()];
  const { log } = recordedLog();
  const access: ClusterEndpoints["access"] = async (token) => (token === "good" ? "allowed" : "unauthorized");
  return { metricsPort, healthPort, healthAddress: "127.0.0.1", tls: {}, names: ["localhost"], access, log, ...more };
}

interface Answer {
  readonly status: number | undefined;
  readonly text: string;
  readonly type: string | undefined;
}

function get(url: string, token?: string): Promise<Answer> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const send = url.startsWith("https:") ? request : plainRequest;
  return new Promise((done, reject) => {
    send(url, { headers, rejectUnauthorized: false, agent: false }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on("data", (piece: Buffer) => pieces.push(piece)).on("error", reject);
      answer.on("end", () =>
        done({ status: answer.statusCode, text: Buffer.concat(pieces).toString(), type: answer.headers["content-type"] }),
      );
    })
      .on("error", reject)
      .end();
  });
}

const metricsOf = ({ metricsPort }: ClusterEndpoints) => `https://127.0.0.1:${metricsPort}/metrics`;

endpoints("metrics are served over TLS 1.3 to who has a good token", async () => {
  const options = await cluster();
  const end = await clusterEndpoints(options)(served());
  try {
    const { status, text, type } = await get(metricsOf(options), "good");
    assert.equal([status, type], [200, "text/plain; version=0.0.4; charset=utf-8"]);
    assert.equal(parseMetrics(text)["herald_ready"]?.samples, ["herald_ready 1"]);
    for (const token of [undefined, "bad", "good extra", ""]) assert.is((await get(metricsOf(options), token)).status, 401, String(token));
    assert.is((await get(`http://127.0.0.1:${options.healthPort}/readyz`)).text, "ok");
    const protocol = await new Promise<unknown>((done) => {
      const socket = connect({ port: options.metricsPort, host: "127.0.0.1", rejectUnauthorized: false, maxVersion: "TLSv1.2" });
      socket.on("secureConnect", () => done(socket.getProtocol())).on("error", () => done("refused"));
    });
    assert.is(protocol, "refused");
  } finally {
    await end("replace");
  }
  assert.is(await get(`http://127.0.0.1:${options.healthPort}/readyz`).catch(({ code }: NodeJS.ErrnoException) => code), "ECONNREFUSED");
});

endpoints("port 0 is no port", async () => {
  const options = await cluster({ metricsPort: 0, healthPort: 0 });
  await (await clusterEndpoints(options)(served()))("replace");
});

endpoints("where one port is in use none stays open, and the error names it", async () => {
  const options = await cluster();
  const end = await clusterEndpoints({ ...options, healthPort: 0 })(served());
  try {
    const message = await clusterEndpoints(options)(served()).catch((error: Error) => error.message);
    assert.is(message, `Cannot serve metrics: port ${options.metricsPort} is in use; set another with --port`);
    const health = await get(`http://127.0.0.1:${options.healthPort}/healthz`).catch(({ code }: NodeJS.ErrnoException) => code);
    assert.is(health, "ECONNREFUSED");
  } finally {
    await end("replace");
  }
});

endpoints("suites that no key of ours has are refused", async () => {
  const tls = { minVersion: "VersionTLS12", cipherSuites: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" };
  const message = await clusterEndpoints(await cluster({ tls }))(served()).catch((error: Error) => error.message);
  assert.match(message as string, /^Flag --tls-cipher-suites has suites for RSA keys only: expected one for ECDSA/);
});

endpoints("without a cluster metrics are served plainly", async () => {
  const port = await freePort();
  const end = await plainEndpoints("127.0.0.1", port, "--metrics")(served());
  try {
    assert.is((await get(`http://127.0.0.1:${port}/metrics`)).status, 200);
  } finally {
    await end("replace");
  }
});

const ROLES = `
apiVersion: v1
kind: ServiceAccount
metadata: { name: speaker, namespace: default }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: prometheus, namespace: default }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: stranger, namespace: default }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: reviews }
rules:
  - { apiGroups: [authentication.k8s.io], resources: [tokenreviews], verbs: [create] }
  - { apiGroups: [authorization.k8s.io], resources: [subjectaccessreviews], verbs: [create] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: reviews }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reviews }
subjects: [{ kind: ServiceAccount, name: speaker, namespace: default }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: metrics }
rules: [{ nonResourceURLs: [/metrics], verbs: [get] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: metrics }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: metrics }
subjects: [{ kind: ServiceAccount, name: prometheus, namespace: default }]
`;

let server: ApiServer | undefined;

/** As the speaker's own account asks. */
function asApi(client: TestClient): Pick<Api, "request"> {
  return { request: <Answer>({ method, path, body }: ApiRequest) => client.request<Answer>(method, path, body) };
}

testWith(endpoints, [apiServer], "the cluster's roles say who may read metrics, and while it is away nobody new may", async () => {
  server = await startApiServer();
  await server.admin.apply(ROLES);
  const speaker = server.clientOf(await server.tokenOf("default", "speaker"));
  const judge = new MetricsAccess({ api: asApi(speaker), clock: { now: () => performance.now() } });
  const options = await cluster({ access: (token) => judge.judge(token) });
  const end = await clusterEndpoints(options)(served());
  try {
    const [prometheus, stranger] = [await server.tokenOf("default", "prometheus"), await server.tokenOf("default", "stranger")];
    assert.is((await get(metricsOf(options), prometheus)).status, 200);
    assert.is((await get(metricsOf(options), stranger)).status, 403);
    assert.is((await get(metricsOf(options), "a.b.c")).status, 401);
    assert.is((await get(metricsOf(options), server.adminToken)).status, 200);
    await server.kill();
    assert.is((await get(metricsOf(options), prometheus)).status, 200, "it was let a moment ago");
    const { status, text } = await get(metricsOf(options), "d.e.f");
    assert.equal([status, text], [503, "The API server does not say who may read\n"]);
  } finally {
    speaker.close();
    await end("replace");
  }
});

endpoints.after(() => server?.stop());
endpoints.run();
