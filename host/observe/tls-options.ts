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

const VERSIONS: Readonly<Record<string, "TLSv1.2" | "TLSv1.3">> = { VersionTLS12: "TLSv1.2", VersionTLS13: "TLSv1.3" };

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

/** Throws an error that names the flag, what it has and what it may have. */
export function readTlsFlags({ minVersion = "VersionTLS13", cipherSuites = "", curvePreferences = "" }: TlsFlags): SecureContextOptions {
  const version = VERSIONS[minVersion];
  if (version === undefined) throw wrong("tls-min-version", minVersion, Object.keys(VERSIONS));
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
  return list
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "")
    .map((item) => {
      if (!Object.hasOwn(known, item)) throw wrong(flag, item, Object.keys(known));
      return known[item] as string;
    });
}

function wrong(flag: string, found: string, expected: readonly string[]): Error {
  return new Error(
    `Flag --${flag} has the value ${JSON.stringify(found)}: expected ${expected.slice(0, -1).join(", ")} or ${expected.at(-1)}`,
  );
}
