/** The API server with Herald's definitions in it, and Herald's own programs beside it. */

import { fileURLToPath } from "node:url";
import { type ApiServer, type ApiServerOptions, startApiServer } from "../api-server/api-server.ts";
import { Daemon } from "../api-server/daemon.ts";
import { writeDefinitions } from "../api-server/definitions.ts";
import { writeNamespace } from "../api-server/objects.ts";

const PROGRAM = fileURLToPath(new URL("../../../dist/herald.mjs", import.meta.url));
const NAMESPACE = "metallb-system";

/** Makes a command line run on a host of a private network. */
export type OnHost = (...command: readonly string[]) => readonly string[];

export interface RoleOptions {
  /** Another way to the API server: that of a fault proxy. */
  readonly url?: string;
  /** Default: that of one who may do everything. */
  readonly token?: string;
  readonly flags?: readonly string[];
}

export class Cluster {
  readonly server: ApiServer;
  /** Herald's own. */
  readonly namespace = NAMESPACE;
  readonly #daemons: Daemon[] = [];

  private constructor(server: ApiServer) {
    this.server = server;
  }

  static async start(options: ApiServerOptions = {}): Promise<Cluster> {
    const cluster = new Cluster(await startApiServer(options));
    try {
      await writeDefinitions(cluster.server.admin);
      await writeNamespace(cluster.server.admin, NAMESPACE);
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** Starts one more controller. */
  controller(options: RoleOptions = {}): Daemon {
    return this.#start(this.#command("controller", options));
  }

  /** Starts the speaker of a node, where `onHost` runs commands. */
  speaker(node: string, onHost: OnHost, options: RoleOptions = {}): Daemon {
    return this.#start(onHost(...this.#command("speaker", options), "--node-name", node, "--control", "none"));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#daemons.map((daemon) => daemon.end("SIGKILL")));
    await this.server.stop();
  }

  #command(role: "controller" | "speaker", { flags = [], ...access }: RoleOptions): string[] {
    const place = ["--kubeconfig", this.server.kubeconfig(access), "--namespace", NAMESPACE];
    return [process.execPath, PROGRAM, role, ...place, "--port", "0", "--health-probe-port", "0", ...flags];
  }

  #start(command: readonly string[]): Daemon {
    const daemon = new Daemon(command);
    this.#daemons.push(daemon);
    daemon.start();
    return daemon;
  }
}
