/** The ports of a role: health, and metrics over HTTPS for whom the cluster lets, or plainly for whoever reaches an address that was named. */

import type { SecureContextOptions } from "node:tls";
import type { Log } from "../announcer.ts";
import { makeCertificate } from "../observe/certificate.ts";
import { followKeyPair, readKeyPair } from "../observe/key-pair-files.ts";
import type { MetricsRegistry } from "../observe/metrics.ts";
import { type Health, serveHealth } from "../observe/serve-health.ts";
import { type Access, serveMetrics } from "../observe/serve-metrics.ts";
import { readTlsFlags, type TlsFlags } from "../observe/tls-options.ts";
import { type End, Ends } from "./ends.ts";

/** What there is to serve. */
export interface Served extends Health {
  readonly metrics: MetricsRegistry;
}

/** Opens the ports of a role, before anything else of it. */
export type Endpoints = (served: Served) => Promise<End>;

/** As flags say. */
export interface EndpointChoice {
  /** `--port`; 0: no metrics. */
  readonly metricsPort: number;
  /** `--health-probe-port`; 0: none. */
  readonly healthPort: number;
  readonly tls: TlsFlags;
  /** `--metrics-cert-dir`; absent: a certificate of its own. */
  readonly certificates?: string;
}

export interface ClusterEndpoints extends EndpointChoice {
  /** Of the health port; default: all addresses. */
  readonly healthAddress?: string;
  /** Host names that the certificate of its own is for. */
  readonly names: readonly string[];
  /** Judges a bearer token. */
  readonly access: (token: string) => Promise<Access>;
  readonly log: Pick<Log, "info" | "warn">;
}

export function clusterEndpoints(options: ClusterEndpoints): Endpoints {
  return (served) =>
    openAll(async (ends) => {
      const { healthPort, healthAddress, metricsPort } = options;
      if (healthPort !== 0) {
        const place = { port: healthPort, ...(healthAddress === undefined ? {} : { address: healthAddress }) };
        const health = await serveHealth(place, served);
        ends.push(() => health.close());
      }
      if (metricsPort !== 0) await serveSecurely(options, served, ends);
    });
}

/** Where there is no API server that could say who may read; the address is named, so whoever reaches it may. */
export function plainEndpoints(address: string, port: number, flag: string): Endpoints {
  return (served) =>
    openAll(async (ends) => {
      const server = await serveMetrics({ address, port, flag }, served);
      ends.push(() => server.close());
    });
}

async function serveSecurely({ metricsPort, tls, certificates, names, access, log }: ClusterEndpoints, served: Served, ends: Ends) {
  const options = readTlsFlags(tls);
  const pair = certificates === undefined ? ownPair(options, names) : await readKeyPair(certificates);
  const server = await serveMetrics({ port: metricsPort, flag: "--port", secure: { ...options, ...pair } }, { ...served, access });
  ends.push(() => server.close());
  if (certificates === undefined) return;
  const close = followKeyPair(certificates, pair, {
    changed(next) {
      server.setSecure({ ...options, ...next });
      log.info("Certificate renewed", { directory: certificates });
    },
    problem: ({ message }) => log.warn(message),
  });
  ends.push(close);
}

function ownPair({ ciphers }: SecureContextOptions, names: readonly string[]) {
  if (ciphers !== undefined && !ciphers.includes("ECDSA")) {
    const remedy = "expected one for ECDSA, or a certificate with an RSA key by --metrics-cert-dir";
    throw new Error(`Flag --tls-cipher-suites has suites for RSA keys only: ${remedy}`);
  }
  return makeCertificate("herald", names);
}

/** Where one cannot be opened, none stays open. */
async function openAll(open: (ends: Ends) => Promise<void>): Promise<End> {
  const ends = new Ends();
  try {
    await open(ends);
  } catch (error) {
    await ends.run("replace");
    throw error;
  }
  return (why) => ends.run(why);
}
