/**
 * A certificate of this process's own, for those who give it none: Node can use X.509 and not make it, and the libraries that can weigh
 * more than all of Herald's own code for TLS. Nobody can verify it, so it keeps only listeners out.
 */

import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";
import { bitString, contextTag, element, integer, objectIdentifier, sequence, Tag, time } from "./der.ts";

export interface KeyPair {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

const ECDSA_WITH_SHA256 = sequence(objectIdentifier("1.2.840.10045.4.3.2"));
const COMMON_NAME = objectIdentifier("2.5.4.3");
const SUBJECT_ALT_NAME = objectIdentifier("2.5.29.17");
const EXTENDED_KEY_USAGE = objectIdentifier("2.5.29.37");
const SERVER_AUTH = objectIdentifier("1.3.6.1.5.5.7.3.1");
const DAY_MS = 24 * 60 * 60 * 1000;
/** It is made anew at each start. */
const VALID_DAYS = 3650;
const SERIAL_BYTES = 16;

/** Signed by itself (RFC 5280), ECDSA on P-256; valid from yesterday, as clocks differ. `names`: of hosts, and IPv4 addresses. */
export function makeCertificate(name: string, names: readonly string[], now = new Date()): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const version3 = element(contextTag(0, true), integer(Buffer.from([2])));
  const subject = sequence(element(Tag.set, sequence(COMMON_NAME, element(Tag.utf8String, Buffer.from(name)))));
  const validity = sequence(time(new Date(now.getTime() - DAY_MS)), time(new Date(now.getTime() + VALID_DAYS * DAY_MS)));
  const body = sequence(
    version3,
    integer(randomBytes(SERIAL_BYTES)),
    ECDSA_WITH_SHA256,
    subject,
    validity,
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    element(
      contextTag(3, true),
      sequence(extension(SUBJECT_ALT_NAME, ...names.map(generalName)), extension(EXTENDED_KEY_USAGE, SERVER_AUTH)),
    ),
  );
  const certificate = sequence(body, ECDSA_WITH_SHA256, bitString(sign("sha256", body, privateKey)));
  return { cert: pem("CERTIFICATE", certificate), key: privateKey.export({ type: "pkcs8", format: "pem" }) as string };
}

function extension(identifier: Buffer, ...items: readonly Buffer[]): Buffer {
  return sequence(identifier, element(Tag.octetString, sequence(...items)));
}

/** RFC 5280 §4.2.1.6 "Subject Alternative Name": dNSName is 2, iPAddress 7. */
function generalName(name: string): Buffer {
  return isIP(name) === 4
    ? element(contextTag(7, false), Buffer.from(name.split(".").map(Number)))
    : element(contextTag(2, false), Buffer.from(name));
}

function pem(label: string, bytes: Buffer): string {
  return `-----BEGIN ${label}-----\n${bytes.toString("base64").replace(/.{64}/g, "$&\n").trimEnd()}\n-----END ${label}-----\n`;
}
