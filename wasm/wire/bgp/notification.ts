// NOTIFICATION. RFC 4271 §4.5 "NOTIFICATION Message Format"; a text with a shutdown: RFC 9003 §2; Hard Reset: RFC 8538 §3.1.
import { encodeHeader, HEADER, MESSAGE_MAX, MessageType } from "./header";
import { isInside, OUT } from "./memory";
import { Status } from "./status";
import { UPDATE_END } from "./update";

const CODE: u32 = HEADER;
const SUBCODE: u32 = HEADER + 1;
const DATA: u32 = HEADER + 2;

const CEASE: u32 = 6;
const ADMINISTRATIVE_SHUTDOWN: u32 = 2;
const ADMINISTRATIVE_RESET: u32 = 4;
const HARD_RESET: u32 = 9;
/** Longer texts do not fit behind their one octet of length. */
export const TEXT_MAX: u32 = 255;

const NOTIFICATION_RECORD: u32 = UPDATE_END;
export const NOTIFICATION_IS_HARD: u32 = NOTIFICATION_RECORD; // u32: 1 where the rest was found inside a Hard Reset, or is to be put into one
export const NOTIFICATION_CODE: u32 = NOTIFICATION_RECORD + 4; // u32
export const NOTIFICATION_SUBCODE: u32 = NOTIFICATION_RECORD + 8; // u32
export const NOTIFICATION_DATA: u32 = NOTIFICATION_RECORD + 12; // u32, address
export const NOTIFICATION_DATA_BYTES: u32 = NOTIFICATION_RECORD + 16; // u32
export const NOTIFICATION_HAS_TEXT: u32 = NOTIFICATION_RECORD + 20; // u32: 1 where the data is a text with its length
export const NOTIFICATION_TEXT: u32 = NOTIFICATION_RECORD + 24; // u32, address: UTF-8
export const NOTIFICATION_TEXT_BYTES: u32 = NOTIFICATION_RECORD + 28; // u32
export const NOTIFICATION_RAW: u32 = NOTIFICATION_RECORD + 32; // u32, address: the Data field as it came, of a Hard Reset too; not encoded
export const NOTIFICATION_RAW_BYTES: u32 = NOTIFICATION_RECORD + 36; // u32
export const NOTIFICATION_END: u32 = NOTIFICATION_RECORD + 40;

/**
 * Decodes the NOTIFICATION of `length` bytes at `at` whose header is good. Nothing else of it can be wrong: RFC 4271 §6.4 knows no answer
 * to one.
 */
export function decodeNotification(at: usize, length: u32): Status {
  let data = at + DATA;
  let bytes = length - DATA;
  let code: u32 = load<u8>(at, CODE);
  let subcode: u32 = load<u8>(at, SUBCODE);
  const isHard = code === CEASE && subcode === HARD_RESET && bytes >= 2;
  if (isHard) {
    code = load<u8>(data);
    subcode = load<u8>(data, 1);
    data += 2;
    bytes -= 2;
  }
  const hasText = mayHaveText(code, subcode) && bytes > 0 && load<u8>(data) === bytes - 1;
  store<u32>(NOTIFICATION_IS_HARD, isHard ? 1 : 0);
  store<u32>(NOTIFICATION_CODE, code);
  store<u32>(NOTIFICATION_SUBCODE, subcode);
  store<u32>(NOTIFICATION_DATA, data);
  store<u32>(NOTIFICATION_DATA_BYTES, bytes);
  store<u32>(NOTIFICATION_HAS_TEXT, hasText ? 1 : 0);
  store<u32>(NOTIFICATION_TEXT, data + 1);
  store<u32>(NOTIFICATION_TEXT_BYTES, hasText ? bytes - 1 : 0);
  store<u32>(NOTIFICATION_RAW, at + DATA);
  store<u32>(NOTIFICATION_RAW_BYTES, length - DATA);
  return Status.Ok;
}

function mayHaveText(code: u32, subcode: u32): bool {
  return code === CEASE && (subcode === ADMINISTRATIVE_SHUTDOWN || subcode === ADMINISTRATIVE_RESET);
}

/** Writes the NOTIFICATION of the record to `OUT`, with the text as its data where there is one: its length, or a status. */
export function encodeNotification(): i32 {
  const isHard = load<u32>(NOTIFICATION_IS_HARD) !== 0;
  const hasText = load<u32>(NOTIFICATION_HAS_TEXT) !== 0;
  const code = load<u32>(NOTIFICATION_CODE);
  const subcode = load<u32>(NOTIFICATION_SUBCODE);
  const data = load<u32>(hasText ? NOTIFICATION_TEXT : NOTIFICATION_DATA);
  const bytes = load<u32>(hasText ? NOTIFICATION_TEXT_BYTES : NOTIFICATION_DATA_BYTES);
  if (code > 255 || subcode > 255 || (hasText && !mayHaveText(code, subcode)) || !isInside(data, bytes)) return Status.BadRecord;
  if (bytes > (hasText ? TEXT_MAX : MESSAGE_MAX)) return Status.Oversized;
  let to = OUT + CODE;
  if (isHard) to = writePair(to, CEASE, HARD_RESET);
  to = writePair(to, code, subcode);
  if (hasText) store<u8>(to++, <u8>bytes);
  const length: u32 = to + bytes - OUT;
  if (length > MESSAGE_MAX) return Status.Oversized;
  memory.copy(to, data, bytes);
  encodeHeader(OUT, length, MessageType.Notification);
  return <i32>length;
}

function writePair(at: usize, code: u32, subcode: u32): usize {
  store<u8>(at, <u8>code);
  store<u8>(at, <u8>subcode, 1);
  return at + 2;
}
