/** MetalLB's TLS flags, in Go's words, as what Node's TLS takes. */

import type { SecureContextOptions } from "node:tls";

export interface TlsFlags {
  /** `VersionTLS12` or `VersionTLS13`; default the latter. */
  readonly minVersion?: string | undefined;
  /** Names of IANA, separated by commas. Those of TLS 1.3 are not for choosing, in Go as here. */
  readonly cipherSuites?: string | undefined;
  /** Numbers of Go's `tls.CurveID`, which are IANA's, separated by commas. */
  readonly curvePreferences?: string | undefined;
}

const VERSIONS = { VersionTLS12: "TLSv1.2", VersionTLS13: "TLSv1.3" } as const;

/** IANA's name → OpenSSL's. Those with forward secrecy and an AEAD; Go has few others left. */
const SUITES: Readonly<Record<string, string>> = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: "ECDHE-ECDSA-AES128-GCM-SHA256",
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: "ECDHE-ECDSA-AES256-GCM-SHA384",
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-ECDSA-CHACHA20-POLY1305",
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: "ECDHE-RSA-AES128-GCM-SHA256",
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: "ECDHE-RSA-AES256-GCM-SHA384",
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-RSA-CHACHA20-POLY1305",
};

const CURVES: Readonly<Record<string, string>> = { "23": "P-256", "24": "P-384", "25": "P-521", "29": "X25519" };

/** Empty is absent, as charts give what is not set. Throws an error that names the flag, what it has and what it may have. */
export function readTlsFlags({ minVersion, cipherSuites = "", curvePreferences = "" }: TlsFlags): SecureContextOptions {
  const version = lookUp("tls-min-version", minVersion || "VersionTLS13", VERSIONS);
  const suites = translate("tls-cipher-suites", cipherSuites, SUITES);
  const curves = translate("tls-curve-preferences", curvePreferences, CURVES);
  if (suites.length > 0 && version === "TLSv1.3")
    throw new Error("Flag --tls-cipher-suites has an effect up to TLS 1.2 only: expected it with --tls-min-version VersionTLS12");
  return {
    minVersion: version,
    ...(suites.length === 0 ? {} : { ciphers: suites.join(":") }),
    ...(curves.length === 0 ? {} : { ecdhCurve: curves.join(":") }),
  };
}

function translate(flag: string, list: string, known: Readonly<Record<string, string>>): string[] {
  const items = list.split(",").map((item) => item.trim());
  return items.filter((item) => item !== "").map((item) => lookUp(flag, item, known));
}

function lookUp<OpenSsl extends string>(flag: string, item: string, known: Readonly<Record<string, OpenSsl>>): OpenSsl {
  const found = Object.hasOwn(known, item) ? known[item] : undefined;
  if (found !== undefined) return found;
  const names = Object.keys(known);
  throw new Error(`Flag --${flag} has the value ${JSON.stringify(item)}: expected ${names.slice(0, -1).join(", ")} or ${names.at(-1)}`);
}
