/** The Leases of three speakers at a real API server, and a source that reads them as a speaker of `node-a` does. */

import { Client } from "../../cluster/api/client.ts";
import { kubeConfigCredentials } from "../../cluster/api/credentials.ts";
import { KubernetesSource } from "../../cluster/kubernetes/source.ts";
import { SpeakerLease } from "../../cluster/kubernetes/speakers/speaker-lease.ts";
import { Store } from "../../cluster/store.ts";
import { clock } from "../../roles/clock.ts";
import type { SpeakerFact } from "../../rules/vocabulary.ts";
import { recordedLog } from "../testing/log.ts";
import { until } from "../testing/promises.ts";
import { SPEAKER_ACCOUNT, writeAccounts } from "./accounts.ts";
import { type ApiServer, startApiServer } from "./api-server.ts";
import { writeDefinitions } from "./definitions.ts";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { writeNamespace, writeNode } from "./objects.ts";

export const LEASE_NAMESPACE = "metallb-system";
export const LEASE_NODES = ["node-a", "node-b", "node-c"] as const;
const LIMIT_MS = 40_000;

export class LeaseStage {
  readonly server: ApiServer;
  /** On the way of node-c's speaker, and of what reads. */
  readonly proxy: FaultProxy;
  readonly readerProxy: FaultProxy;
  /** What is read. */
  readonly store = new Store();
  readonly leases = new Map<string, SpeakerLease>();
  readonly #token: string;
  readonly #closes: (() => void)[] = [];

  /** Resolves when what each says is read. */
  static async open(): Promise<LeaseStage> {
    const server = await startApiServer();
    const { admin } = server;
    await writeNamespace(admin, LEASE_NAMESPACE);
    await writeDefinitions(admin);
    await writeAccounts(admin);
    for (const node of LEASE_NODES) await writeNode(admin, node);
    const token = await server.tokenOf(LEASE_NAMESPACE, SPEAKER_ACCOUNT);
    const stage = new LeaseStage(server, await startFaultProxy(server, 1), await startFaultProxy(server, 2), token);
    await stage.read(stage.store);
    for (const node of LEASE_NODES) await stage.startSpeaker(node, `${node}-pod`, node === "node-c" ? stage.proxy.url : undefined);
    await until(() => LEASE_NODES.every((node) => stage.speakerOf(node)), LIMIT_MS);
    return stage;
  }

  private constructor(server: ApiServer, proxy: FaultProxy, readerProxy: FaultProxy, token: string) {
    this.server = server;
    this.proxy = proxy;
    this.readerProxy = readerProxy;
    this.#token = token;
  }

  async startSpeaker(node: string, podName: string, url?: string): Promise<void> {
    const { log } = recordedLog();
    const api = await this.#client(url);
    const lease = new SpeakerLease({ api, namespace: LEASE_NAMESPACE, node, podName, log, clock, speakers: () => LEASE_NODES.length });
    lease.say({ links: ["eth0"], macs: [`02:00:00:00:00:0${node.at(-1)}`] });
    lease.start();
    this.leases.set(node, lease);
  }

  async read(into: Store): Promise<KubernetesSource> {
    const api = await this.#client(this.readerProxy.url);
    const options = { api, role: "speaker", namespace: LEASE_NAMESPACE, node: "node-a", log: recordedLog().log } as const;
    const source = await KubernetesSource.open(options, into);
    this.#closes.push(() => {
      source.close();
      api.close();
    });
    return source;
  }

  speakerOf(node: string): SpeakerFact | undefined {
    return this.store.snapshot().nodes.get(node)?.speaker;
  }

  silent(): readonly string[] {
    return LEASE_NODES.filter((node) => this.speakerOf(node)?.isSilent);
  }

  /** Who was silent at any time meanwhile. */
  async silentWhile(task: Promise<unknown>): Promise<readonly string[]> {
    const seen = new Set<string>();
    const look = () => {
      for (const node of this.silent()) seen.add(node);
    };
    const timer = setInterval(look, 100);
    await task.finally(() => clearInterval(timer));
    return [...seen];
  }

  async close(): Promise<void> {
    for (const lease of this.leases.values()) await lease.close();
    for (const close of this.#closes) close();
    await this.proxy.close();
    await this.readerProxy.close();
    await this.server.stop();
  }

  async #client(url: string | undefined): Promise<Client> {
    const kubeconfig = this.server.kubeconfig({ token: this.#token, ...(url === undefined ? {} : { url }) });
    return new Client({ credentials: await kubeConfigCredentials(kubeconfig) });
  }
}
