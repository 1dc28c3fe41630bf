/**
 * What is wrong with a message, or with one attribute of it; one line a rule. The digits say what a NOTIFICATION says of it: code, two
 * digits of subcode, and one to tell rules apart that share those. Every value has a meaning and a source in `host/packets/codec/bgp`.
 */
export enum Status {
  Ok = 0,

  // Not of the protocol: nothing to tell the peer.
  Truncated = -1,
  TrailingBytes = -2,
  Oversized = -3,
  BadRecord = -4,

  // RFC 4271 §6.1 "Message Header Error Handling"
  NotSynchronized = -1010,
  BadMessageLength = -1020,
  BadMessageType = -1030,

  // RFC 4271 §6.2 "OPEN Message Error Handling"
  MalformedParameters = -2000,
  MalformedCapability = -2001,
  UnsupportedVersion = -2010,
  BadPeerAs = -2020,
  BadIdentifier = -2030,
  UnsupportedParameter = -2040,
  UnacceptableHoldTime = -2060,

  // RFC 4271 §6.3 "UPDATE Message Error Handling", RFC 7606
  MalformedAttributeList = -3010,
  RepeatedMpAttribute = -3011,
  AttributeOverrun = -3012,
  RepeatedAttribute = -3013,
  UnexpectedAttribute = -3014,
  UnknownWellKnownAttribute = -3020,
  MissingAttribute = -3030,
  WrongFlags = -3040,
  WrongLength = -3050,
  BadOrigin = -3060,
  BadNextHop = -3080,
  MpTooShort = -3090,
  BadMpNextHop = -3091,
  BadMpPrefix = -3092,
  ZeroAggregatorAs = -3093,
  BadWithdrawnRoute = -3100,
  BadPrefix = -3101,
  BadAsPath = -3110,
  ConfederationSegment = -3111,
  ZeroAs = -3112,

  // RFC 7313 §5 "Error Handling"
  BadRefreshLength = -7010,
}

/** What RFC 7606 §2 "Error-Handling Approaches" does about it, the weakest first. */
export enum Verb {
  None = 0,
  DiscardAttribute = 1,
  TreatAsWithdraw = 2,
  DisableFamily = 3,
  ResetSession = 4,
}

/** Error code of the NOTIFICATION that tells of it; zero: there is none. */
export function errorCode(status: i32): i32 {
  return -status / 1000;
}

export function errorSubcode(status: i32): i32 {
  return (-status / 10) % 100;
}
