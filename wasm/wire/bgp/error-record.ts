// The Data field of the NOTIFICATION that a message calls for; its code and subcode are in the Status.
import { RECORD } from "./memory";

const ERROR: u32 = RECORD;
export const ERROR_DATA: u32 = ERROR; // u32, address
export const ERROR_DATA_BYTES: u32 = ERROR + 4; // u32
/** Data that stands nowhere in the message is made here. */
const ERROR_MADE: u32 = ERROR + 8;
export const ERROR_END: u32 = ERROR + 16;

/** What fits in a NOTIFICATION of 4,096 bytes. */
const DATA_MAX: u32 = 4096 - 21;

/** Answers with the status. */
export function fail(status: i32, data: u32, length: u32): i32 {
  store<u32>(ERROR_DATA, data);
  store<u32>(ERROR_DATA_BYTES, min(length, DATA_MAX));
  return status;
}

export function failWithU8(status: i32, value: u32): i32 {
  store<u8>(ERROR_MADE, <u8>value);
  return fail(status, ERROR_MADE, 1);
}

export function failWithU16(status: i32, value: u32): i32 {
  store<u16>(ERROR_MADE, bswap<u16>(<u16>value));
  return fail(status, ERROR_MADE, 2);
}
