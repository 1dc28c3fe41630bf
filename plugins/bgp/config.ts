/** What the plugin is configured with, made of resources by `translation.ts`, and the schemas that the host checks it and routes' terms by. */

import type { JsonSchema } from "../../host/announcer.ts";
import type { RouteTerms } from "./advertisement.ts";
import type { BfdProfile } from "./bfd-profile.ts";
import type { Peer } from "./peer.ts";

export interface BgpConfig {
  /** Those of this node, by name. */
  readonly peers: readonly Peer[];
  /** Those that the peers name, by name. */
  readonly profiles: readonly BfdProfile[];
  /** Of this node, as its resource says; the first of IPv4 is its BGP identifier. */
  readonly nodeAddresses: readonly string[];
}

/** The attributes of an announcement: terms of the advertisements that cover it, by name. */
export type BgpAttributes = Readonly<Record<string, RouteTerms>>;

const TEXT: JsonSchema = { type: "string" };
const FLAG: JsonSchema = { type: "boolean" };
const TEXTS: JsonSchema = { type: "array", items: TEXT };

/** Every field is required but those named as optional, and there are no others. */
function exactly(properties: Readonly<Record<string, JsonSchema>>, optional: Readonly<Record<string, JsonSchema>> = {}): JsonSchema {
  return { type: "object", properties: { ...properties, ...optional }, required: Object.keys(properties), additionalProperties: false };
}

function whole(minimum: number, maximum: number): JsonSchema {
  return { type: "integer", minimum, maximum };
}

const AS_NUMBER = whole(1, 0xffff_ffff);
const SECONDS = whole(0, 0xffff);
const MILLISECONDS = whole(10, 60_000);

const PEER = exactly(
  {
    name: TEXT,
    myAs: AS_NUMBER,
    peerAs: { oneOf: [AS_NUMBER, { enum: ["internal", "external"] }] },
    at: { oneOf: [exactly({ address: TEXT, family: { enum: [4, 6] } }), exactly({ link: TEXT })] },
    port: whole(1, 0xffff),
    nodeSelectors: { type: "array", items: { type: "object" } },
    gracefulRestart: FLAG,
    multihop: FLAG,
    dualStack: FLAG,
    passive: FLAG,
    delayOpenSeconds: { type: "number", minimum: 0 },
    holdTimeSeconds: SECONDS,
    keepaliveSeconds: SECONDS,
  },
  {
    localAs: AS_NUMBER,
    sourceAddress: TEXT,
    routerId: TEXT,
    password: { oneOf: [exactly({ text: TEXT }), exactly({ secret: TEXT })] },
    bfdProfile: TEXT,
    vrf: TEXT,
    ttlSecurityHops: whole(1, 254),
    listenPort: whole(1, 0xffff),
    connectRetrySeconds: SECONDS,
  } satisfies Partial<Record<keyof Peer, JsonSchema>>,
);

const PROFILE = exactly({
  name: TEXT,
  receiveIntervalMs: MILLISECONDS,
  transmitIntervalMs: MILLISECONDS,
  detectMultiplier: whole(2, 255),
  echoIntervalMs: MILLISECONDS,
  echoMode: FLAG,
  passiveMode: FLAG,
  minimumTtl: whole(1, 254),
} satisfies Record<keyof BfdProfile, JsonSchema>);

/** Schema of `BgpConfig`. */
export const CONFIG_SCHEMA: JsonSchema = exactly({
  peers: { type: "array", items: PEER, description: "routers to peer with" },
  profiles: { type: "array", items: PROFILE, description: "how fast BFD looks for a peer's death" },
  nodeAddresses: { ...TEXTS, description: "addresses of this node; the first of IPv4 is its BGP identifier" },
} satisfies Record<keyof BgpConfig, JsonSchema>);

/** Schema of `BgpAttributes`; it is checked for every route, so it says no more than what code relies on. */
export const ATTRIBUTES_SCHEMA: JsonSchema = {
  type: "object",
  additionalProperties: exactly(
    {
      aggregationLength: whole(0, 32),
      aggregationLengthV6: whole(0, 128),
      communities: TEXTS,
      largeCommunities: TEXTS,
      peers: TEXTS,
      prepend: whole(0, 254),
      weighted: FLAG,
    },
    { localPref: whole(0, 0xffff_ffff), med: whole(0, 0xffff_ffff) } satisfies Partial<Record<keyof RouteTerms, JsonSchema>>,
  ),
};
