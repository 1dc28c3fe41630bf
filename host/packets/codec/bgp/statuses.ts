/** What each `Status` of module `bgp` means, and which rule it is. */
import type { Meaning } from "../format.ts";

const UPDATE_ERRORS = 'RFC 4271 §6.3 "UPDATE Message Error Handling"';
const OPEN_ERRORS = 'RFC 4271 §6.2 "OPEN Message Error Handling"';
const HEADER_ERRORS = 'RFC 4271 §6.1 "Message Header Error Handling"';
const NLRI_SYNTAX = 'RFC 7606 §5.3 "Syntactic Correctness of NLRI Fields"';

export const statuses: Readonly<Record<string, Meaning>> = {
  Truncated: { meaning: "The message is longer than the bytes that are there", source: 'RFC 4271 §4.1 "Message Header Format", Length' },
  TrailingBytes: { meaning: "There are bytes behind the end of the message", source: 'RFC 4271 §4.1 "Message Header Format", Length' },
  Oversized: {
    meaning: "The message is longer than it may be",
    source: 'RFC 4271 §4.1 "Message Header Format", RFC 8654 §4 "Operation"',
  },
  BadRecord: { meaning: "A field does not fit where it goes", source: "Herald's own limit" },

  NotSynchronized: { meaning: "The marker is not all ones", source: HEADER_ERRORS },
  BadMessageLength: { meaning: "The length is not one that a message of this type can have", source: `${HEADER_ERRORS}, RFC 8654 §4` },
  BadMessageType: { meaning: "The message type is not one of 1 to 5", source: HEADER_ERRORS },

  MalformedParameters: {
    meaning: "The optional parameters do not fill their length",
    source: `${OPEN_ERRORS}, RFC 9072 §2 "Protocol Extensions"`,
  },
  MalformedCapability: {
    meaning: "A capability runs past its parameter, or is not as long as its kind is",
    source: `${OPEN_ERRORS}, RFC 5492 §4 "Capabilities Optional Parameter"`,
  },
  UnsupportedVersion: { meaning: "The version is not 4", source: OPEN_ERRORS },
  BadPeerAs: { meaning: "The AS number is zero", source: 'RFC 7607 §2 "Behavior"' },
  BadIdentifier: { meaning: "The BGP identifier is zero", source: 'RFC 6286 §2.2 "Open Message Error Handling"' },
  UnsupportedParameter: { meaning: "An optional parameter is not of type 2, Capabilities", source: OPEN_ERRORS },
  UnacceptableHoldTime: { meaning: "The hold time is 1 or 2 seconds", source: OPEN_ERRORS },

  MalformedAttributeList: {
    meaning: "The withdrawn routes or the path attributes run past the end of the message",
    source: 'RFC 7606 §3 b) "Revision to BGP UPDATE Message Error Handling"',
  },
  RepeatedMpAttribute: { meaning: "The attribute appears more than once", source: "RFC 7606 §3 g)" },
  AttributeOverrun: { meaning: "The attribute runs past the end of the path attributes", source: 'RFC 7606 §4 "Attribute Length Fields"' },
  RepeatedAttribute: { meaning: "The attribute appears more than once, and the first counts", source: "RFC 7606 §3 g)" },
  UnexpectedAttribute: {
    meaning: "The attribute is not for a peer like this to send",
    source: 'RFC 7606 §7.5, §7.9 and §7.10, RFC 6793 §4.1 "Interaction between NEW BGP Speakers"',
  },
  UnknownWellKnownAttribute: { meaning: "The attribute is not known, and its flags call it well-known", source: UPDATE_ERRORS },
  MissingAttribute: {
    meaning: "The attribute is mandatory and missing",
    source: `RFC 7606 §3 d), RFC 4271 §5 "Path Attributes", RFC 4760 §3`,
  },
  WrongFlags: { meaning: "The Optional or Transitive flag is not what this attribute has", source: "RFC 7606 §3 c)" },
  WrongLength: {
    meaning: "The length is not one that the attribute can have",
    source: 'RFC 7606 §7 "Error-Handling Procedures for Existing Attributes"',
  },
  BadOrigin: { meaning: "The value is not 0, 1 or 2", source: 'RFC 7606 §7.1 "ORIGIN"' },
  BadNextHop: { meaning: "The next hop is no host's address", source: UPDATE_ERRORS },
  MpTooShort: { meaning: "The attribute is too short for its family and next hop", source: NLRI_SYNTAX },
  BadMpNextHop: { meaning: "The next hop is not as long as those of its family are", source: 'RFC 7606 §7.11 "MP_REACH_NLRI"' },
  BadMpPrefix: { meaning: "A prefix is longer than its family's, or runs past the end of the attribute", source: NLRI_SYNTAX },
  ZeroAggregatorAs: { meaning: "The AS number of the aggregator is zero", source: 'RFC 7607 §2 "Behavior"' },
  BadWithdrawnRoute: { meaning: "A withdrawn route is longer than 32 bits, or runs past the end of the field", source: NLRI_SYNTAX },
  BadPrefix: { meaning: "A prefix is longer than 32 bits, or runs past the end of the message", source: NLRI_SYNTAX },
  BadAsPath: {
    meaning: "A segment is of no known type, is empty, or runs past the end",
    source: 'RFC 7606 §7.2 "AS_PATH", RFC 6793 §6 "Error Handling"',
  },
  ConfederationSegment: {
    meaning: "A segment is one of a confederation, in which Herald never is",
    source: 'RFC 5065 §5 "Error Handling"',
  },
  ZeroAs: { meaning: "An AS number is zero", source: 'RFC 7607 §2 "Behavior"' },

  BadRefreshLength: { meaning: "The length is not that of a ROUTE-REFRESH of its subtype", source: 'RFC 7313 §5 "Error Handling"' },
};
