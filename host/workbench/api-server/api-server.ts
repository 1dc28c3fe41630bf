/**
 * A real API server for tests: etcd and kube-apiserver on two free ports, nothing else. What a cluster's controllers would do is left to the
 * test: no EndpointSlices appear, no namespace that was deleted ever goes, no Pod runs. So `objects.ts` writes Nodes and EndpointSlices.
 *
 *   const server = await startApiServer();
 *   await server.admin.apply(yaml, "shop");
 *   … Herald with server.kubeconfig(…) …
 *   await server.admin.until("v1/Service", "shop/web", "an address", ({ status }) => status.loadBalancer.ingress?.[0].ip);
 *   await server.stop();
 *
 * Authorization is RBAC. `admin` may do all; `tokenOf` gives the token of a service account, which may do what its roles say.
 * `kill`, `restart`, `freeze` and `compact` are what may happen to it; what may happen on the way to it is in `fault-proxy.ts`.
 *
 * It takes about 330 MB and four seconds of both cores to start: one for a test file, and always stopped.
 */

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findAsset } from "../testing/requirements.ts";
import { Daemon } from "./daemon.ts";
import { freePort } from "./free-port.ts";
import { kubeconfigText } from "./kubeconfig.ts";
import { TestClient } from "./test-client.ts";

export interface ApiServerOptions {
  /** Where both listen; default 127.0.0.1. In a private network, one that the hosts of its nodes reach. */
  readonly address?: string;
  /** More of kube-apiserver's: `--feature-gates=WatchList=false`. The last of two wins. */
  readonly flags?: readonly string[];
}

/** A busy machine has other things to do. */
const START_LIMIT_MS = 90_000;
const ADMIN = "admin";

export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const server = new ApiServer(options.address ?? "127.0.0.1", await freePort(), await freePort(), options.flags ?? []);
  try {
    await server.start();
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

export class ApiServer {
  readonly address: string;
  readonly port: number;
  readonly url: string;
  readonly adminToken = randomBytes(16).toString("hex");
  readonly #etcdUrl: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "herald-api-server-"));
  readonly #etcd: Daemon;
  readonly #server: Daemon;
  #admin: TestClient | undefined;
  /** Tests in a private network just exit. */
  readonly #leave = (): void => {
    this.#server.signal("SIGKILL");
    this.#etcd.signal("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  };

  constructor(address: string, port: number, etcdPort: number, flags: readonly string[]) {
    const host = address.includes(":") ? `[${address}]` : address;
    this.address = address;
    this.port = port;
    this.url = `https://${host}:${port}`;
    this.#etcdUrl = `http://${host}:${etcdPort}`;
    this.#etcd = new Daemon([findAsset("etcd"), ...this.#etcdFlags()]);
    this.#server = new Daemon([findAsset("kube-apiserver"), ...this.#serverFlags(), ...flags]);
    process.once("exit", this.#leave);
  }

  /** May do everything. */
  get admin(): TestClient {
    if (this.#admin === undefined) throw new Error("The API server was never up");
    return this.#admin;
  }

  /** What a client trusts: made by the server itself, and of this server only. */
  get ca(): string {
    return readFileSync(this.path("certificates/apiserver.crt"), "utf8");
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  async start(): Promise<void> {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    writeFileSync(this.path("service-accounts.key"), privateKey.export({ type: "sec1", format: "pem" }), { mode: 0o600 });
    writeFileSync(this.path("tokens.csv"), `${this.adminToken},${ADMIN},${ADMIN},system:masters\n`, { mode: 0o600 });
    this.#etcd.start();
    await this.#etcd.until(async () => (await this.#askEtcd("/version", {})) !== undefined, START_LIMIT_MS);
    await this.restart();
  }

  /** Starts a killed one again: same port, same data, same certificate. Resolves when it is ready. */
  async restart(): Promise<void> {
    this.#server.start();
    await this.#server.until(async () => {
      // One that fails may have read a certificate of which only a part was there yet.
      const admin = this.#admin ?? this.clientOf(this.adminToken);
      const isReady = await admin.request<string>("GET", "/readyz").then(
        (text) => text === "ok",
        () => false,
      );
      if (isReady) this.#admin = admin;
      else if (admin !== this.#admin) admin.close();
      return isReady;
    }, START_LIMIT_MS);
  }

  /** kube-apiserver goes, etcd stays. */
  kill(signal: "SIGTERM" | "SIGKILL" = "SIGKILL"): Promise<void> {
    return this.#server.end(signal);
  }

  /** Connections stay open, and nothing answers. */
  freeze(): void {
    this.#server.signal("SIGSTOP");
  }

  thaw(): void {
    this.#server.signal("SIGCONT");
  }

  /** For good: nothing of it remains. */
  async stop(): Promise<void> {
    this.#admin?.close();
    await this.#server.end("SIGKILL");
    await this.#etcd.end("SIGKILL");
    process.off("exit", this.#leave);
    this.#leave();
  }

  /** The newest of kube-apiserver's log. */
  log(): string {
    return this.#server.log();
  }

  /** Of kube-apiserver; undefined while it is dead. */
  get pid(): number | undefined {
    return this.#server.pid;
  }

  get etcdPid(): number | undefined {
    return this.#etcd.pid;
  }

  clientOf(token: string): TestClient {
    return new TestClient(this.url, this.ca, token);
  }

  /** A token of a service account, which must be there: `("herald", "speaker")`. Good for an hour, and as long as the account is there. */
  async tokenOf(namespace: string, name: string): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 3600 } };
    return (await this.admin.request<{ status: { token: string } }>("POST", path, body)).status.token;
  }

  /** Writes a kubeconfig and gives its path; without a token the admin's, without a URL this server's. */
  kubeconfig(options: { readonly token?: string; readonly url?: string } = {}): string {
    const path = this.path(`kubeconfig-${randomBytes(4).toString("hex")}`);
    const text = kubeconfigText({ url: options.url ?? this.url, ca: this.ca, token: options.token ?? this.adminToken });
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  /**
   * Makes etcd forget all versions but the newest. kube-apiserver still has some in its memory: a watch or a next page from before is answered by
   * 410 Gone after `kill` and `restart`.
   */
  async compact(): Promise<void> {
    const { header } = (await this.#askEtcd("/v3/kv/range", { key: "AA==" })) as { header: { revision: string } };
    await this.#askEtcd("/v3/kv/compaction", { revision: header.revision, physical: true });
  }

  #etcdFlags(): string[] {
    return [
      `--data-dir=${this.path("etcd")}`,
      `--listen-client-urls=${this.#etcdUrl}`,
      `--advertise-client-urls=${this.#etcdUrl}`,
      // A member of a cluster of one has no peers, but wants a place for them.
      "--listen-peer-urls=http://127.0.0.1:0",
      "--unsafe-no-fsync",
      "--log-level=warn",
    ];
  }

  #serverFlags(): string[] {
    return [
      `--etcd-servers=${this.#etcdUrl}`,
      `--bind-address=${this.address}`,
      `--advertise-address=${this.address}`,
      `--secure-port=${this.port}`,
      `--cert-dir=${this.path("certificates")}`,
      `--token-auth-file=${this.path("tokens.csv")}`,
      "--authorization-mode=RBAC",
      `--service-account-key-file=${this.path("service-accounts.key")}`,
      `--service-account-signing-key-file=${this.path("service-accounts.key")}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      // Would refuse Pods, since no controller makes the accounts that they run under.
      "--disable-admission-plugins=ServiceAccount",
      "--service-cluster-ip-range=10.96.0.0/16,fd00:96::/112",
      "--endpoint-reconciler-type=none",
      "--allow-privileged",
      "--profiling=false",
    ];
  }

  #askEtcd(path: string, body: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const method = path === "/version" ? "GET" : "POST";
      const asked = request(`${this.#etcdUrl}${path}`, { method, timeout: 10_000 }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part: string) => (text += part));
        answer.on("error", reject).on("end", () => {
          if (answer.statusCode === 200) resolve(JSON.parse(text));
          else reject(new Error(`etcd answers ${answer.statusCode} to ${path}: ${text}`));
        });
      });
      asked.on("error", reject).end(method === "POST" ? JSON.stringify(body) : undefined);
    });
  }
}
