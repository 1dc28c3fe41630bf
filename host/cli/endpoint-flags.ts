/** Flags for the ports of a role: MetalLB's, and `--metrics` where there is no cluster. */

import { isIP } from "node:net";
import { readTlsFlags } from "../observe/tls-options.ts";
import type { EndpointChoice } from "../roles/endpoints.ts";
import { UsageError } from "./command.ts";

export const endpointFlags = {
  port: { type: "string" },
  "health-probe-port": { type: "string" },
  "metrics-cert-dir": { type: "string" },
  "tls-min-version": { type: "string" },
  "tls-cipher-suites": { type: "string" },
  "tls-curve-preferences": { type: "string" },
} as const;

/** Of a command's help, lines for `endpointFlags`. */
export const endpointHelp = `  --port PORT          metrics, over HTTPS, for whom the cluster lets get the URL
                       /metrics (default: 9120; 0 for none)
  --health-probe-port PORT
                       /healthz and /readyz (default: 17472; 0 for none)
  --metrics-cert-dir DIR
                       tls.crt and tls.key for --port, followed as they are
                       renewed (default: a certificate made at the start)
  --tls-min-version V  VersionTLS13 (default) or VersionTLS12
  --tls-cipher-suites NAMES
                       those of TLS 1.2, with commas, by the names of IANA
  --tls-curve-preferences IDS
                       29, 23, 24, 25 (X25519, P-256, P-384, P-521), with commas
`;

const METRICS_PORT = "9120";
const HEALTH_PORT = "17472";
const LAST_PORT = 65_535;

/** Throws UsageError. */
export function readEndpointFlags(values: { readonly [Flag in keyof typeof endpointFlags]?: string }): EndpointChoice {
  const tls = {
    minVersion: values["tls-min-version"],
    cipherSuites: values["tls-cipher-suites"],
    curvePreferences: values["tls-curve-preferences"],
  };
  try {
    readTlsFlags(tls);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const certificates = values["metrics-cert-dir"] ?? "";
  return {
    metricsPort: readPort("port", values.port ?? METRICS_PORT),
    healthPort: readPort("health-probe-port", values["health-probe-port"] ?? HEALTH_PORT),
    tls,
    ...(certificates === "" ? {} : { certificates }),
  };
}

/** `127.0.0.1:9120`, `[::1]:9120`; throws UsageError. */
export function readPlace(flag: string, text: string): { readonly address: string; readonly port: number } {
  const [, bracketed, plain, port = ""] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? "";
  if (isIP(address) === 0 || (bracketed !== undefined) !== (isIP(address) === 6))
    throw new UsageError(`Flag --${flag} has the value "${text}": expected an address and a port, such as 127.0.0.1:9120 or [::1]:9120`);
  return { address, port: readPort(flag, port) };
}

function readPort(flag: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port >= 0 && port <= LAST_PORT) return port;
  throw new UsageError(`Flag --${flag} has the value "${text}": expected a port from 0 to ${LAST_PORT}`);
}
