// OPEN. RFC 4271 §4.2 "OPEN Message Format" and §6.2; optional parameters: RFC 5492, in long form RFC 9072; AS numbers: RFC 6793; AS zero:
// RFC 7607; identifiers: RFC 6286. Rules that need to know who the peer should be are the session's.
import { getU16 } from "../bytes";
import {
  CAPABILITY_CODE,
  CAPABILITY_VALUE,
  Capability,
  capabilityAt,
  encodedCapabilitiesLength,
  readCapability,
  writeCapabilities,
} from "./capabilities";
import { fail, failWithU16 } from "./error-record";
import { encodeHeader, HEADER_END, MESSAGE_MAX, MessageType } from "./header";
import { OUT, VALUES } from "./memory";
import { Status } from "./status";

const VERSION: u32 = 19;
const MY_AS: u32 = 20; // u16; 23456 where the number needs four octets (RFC 6793 §9)
const HOLD_TIME: u32 = 22; // u16, seconds
const IDENTIFIER: u32 = 24; // u32
const PARAMETERS_LENGTH: u32 = 28;
const PARAMETERS: u32 = 29;
const EXTENDED_TYPE: u32 = 29; // 255: the long form
const EXTENDED_LENGTH: u32 = 30; // u16
const EXTENDED_PARAMETERS: u32 = 32;

const BGP_VERSION: u32 = 4;
const PARAMETER_CAPABILITIES: u32 = 2;
const EXTENDED: u32 = 255;

const OPEN_RECORD: u32 = HEADER_END;
export const OPEN_MY_AS: u32 = OPEN_RECORD; // u32: the two-octet field
export const OPEN_HOLD_TIME: u32 = OPEN_RECORD + 4; // u32, seconds
export const OPEN_IDENTIFIER: u32 = OPEN_RECORD + 8; // u32, host order
export const OPEN_CAPABILITIES: u32 = OPEN_RECORD + 12; // u32, number of entries
export const OPEN_END: u32 = OPEN_RECORD + 16;

let capabilities: u32 = 0;
let values: usize = 0;

/** Decodes the OPEN of `length` bytes at `at` whose header is good. */
export function decodeOpen(at: usize, length: u32): Status {
  if (load<u8>(at, VERSION) !== BGP_VERSION) return failWithU16(Status.UnsupportedVersion, BGP_VERSION);
  store<u32>(OPEN_MY_AS, getU16(at + MY_AS));
  store<u32>(OPEN_HOLD_TIME, getU16(at + HOLD_TIME));
  store<u32>(OPEN_IDENTIFIER, bswap<u32>(load<u32>(at, IDENTIFIER)));
  const status = readParameters(at, length);
  if (status !== Status.Ok) return fail(status, 0, 0);
  store<u32>(OPEN_CAPABILITIES, capabilities);
  if (load<u32>(OPEN_MY_AS) === 0 || hasZeroAs()) return fail(Status.BadPeerAs, 0, 0);
  const holdTime = load<u32>(OPEN_HOLD_TIME);
  if (holdTime === 1 || holdTime === 2) return fail(Status.UnacceptableHoldTime, 0, 0);
  return load<u32>(OPEN_IDENTIFIER) === 0 ? fail(Status.BadIdentifier, 0, 0) : Status.Ok;
}

function hasZeroAs(): bool {
  for (let index: u32 = 0; index < capabilities; index++) {
    const entry = capabilityAt(index);
    if (load<u32>(entry, CAPABILITY_CODE) === Capability.FourOctetAs && load<u32>(load<u32>(entry, CAPABILITY_VALUE)) === 0) return true;
  }
  return false;
}

function readParameters(at: usize, length: u32): Status {
  capabilities = 0;
  values = VALUES;
  const told = load<u8>(at, PARAMETERS_LENGTH);
  const isExtended = told !== 0 && length > EXTENDED_TYPE && load<u8>(at, EXTENDED_TYPE) === EXTENDED;
  if (!isExtended) return told === length - PARAMETERS ? readList(at + PARAMETERS, length - PARAMETERS, 1) : Status.MalformedParameters;
  if (length < EXTENDED_PARAMETERS || getU16(at + EXTENDED_LENGTH) !== length - EXTENDED_PARAMETERS) return Status.MalformedParameters;
  return readList(at + EXTENDED_PARAMETERS, length - EXTENDED_PARAMETERS, 2);
}

function readList(at: usize, length: u32, lengthBytes: u32): Status {
  const end = at + length;
  for (let from = at; from < end; ) {
    if (end - from < 1 + lengthBytes) return Status.MalformedParameters;
    const type = load<u8>(from);
    const size: u32 = lengthBytes === 1 ? load<u8>(from, 1) : getU16(from + 1);
    from += 1 + lengthBytes;
    if (size > end - from) return Status.MalformedParameters;
    if (type !== PARAMETER_CAPABILITIES) return Status.UnsupportedParameter;
    const status = readCapabilities(from, size);
    if (status !== Status.Ok) return status;
    from += size;
  }
  return Status.Ok;
}

function readCapabilities(at: usize, length: u32): Status {
  const end = at + length;
  for (let from = at; from < end; from += 2 + load<u8>(from, 1)) {
    if (end - from < 2 || load<u8>(from, 1) > end - from - 2) return Status.MalformedCapability;
    const valuesEnd = readCapability(from, capabilities, values);
    if (valuesEnd < 0) return valuesEnd;
    capabilities++;
    values = valuesEnd;
  }
  return Status.Ok;
}

/**
 * Writes the OPEN of the record to `OUT`: its length, or the status that decoding it would give. All capabilities go into one parameter, in
 * long form only where they must.
 */
export function encodeOpen(): i32 {
  const count = load<u32>(OPEN_CAPABILITIES);
  const size = encodedCapabilitiesLength(count);
  if (size < 0) return size;
  if (size > <i32>(MESSAGE_MAX - EXTENDED_PARAMETERS - 3)) return Status.Oversized;
  const myAs = load<u32>(OPEN_MY_AS);
  const holdTime = load<u32>(OPEN_HOLD_TIME);
  if (myAs > 0xffff || holdTime > 0xffff) return Status.BadRecord;
  const value = encodeParameters(size);
  if (writeCapabilities(count, value) !== Status.Ok) return Status.BadRecord;
  const length: u32 = value + size - OUT;
  encodeHeader(OUT, length, MessageType.Open);
  store<u8>(OUT, BGP_VERSION, VERSION);
  store<u16>(OUT, bswap<u16>(<u16>myAs), MY_AS);
  store<u16>(OUT, bswap<u16>(<u16>holdTime), HOLD_TIME);
  store<u32>(OUT, bswap<u32>(load<u32>(OPEN_IDENTIFIER)), IDENTIFIER);
  const status = decodeOpen(OUT, length);
  return status === Status.Ok ? <i32>length : status;
}

/** Writes lengths and type of the one parameter; answers with where its value of `size` bytes goes. */
function encodeParameters(size: u32): usize {
  store<u8>(OUT, size === 0 ? 0 : <u8>(size + 2), PARAMETERS_LENGTH);
  if (size === 0) return OUT + PARAMETERS;
  if (size + 2 <= 255) {
    store<u8>(OUT, PARAMETER_CAPABILITIES, PARAMETERS);
    store<u8>(OUT, <u8>size, PARAMETERS + 1);
    return OUT + PARAMETERS + 2;
  }
  store<u8>(OUT, EXTENDED, PARAMETERS_LENGTH);
  store<u8>(OUT, EXTENDED, EXTENDED_TYPE);
  store<u16>(OUT, bswap<u16>(<u16>(size + 3)), EXTENDED_LENGTH);
  store<u8>(OUT, PARAMETER_CAPABILITIES, EXTENDED_PARAMETERS);
  store<u16>(OUT, bswap<u16>(<u16>size), EXTENDED_PARAMETERS + 1);
  return OUT + EXTENDED_PARAMETERS + 3;
}
