/** What a decoder says of its input: `Ok`, or the first rule that the bytes broke. Every value has a meaning and a source in `host/packets/codec`. */
export enum Status {
  Ok = 0,
  Truncated = -1,
  Oversized = -2,
  Tagged = -3,
  WrongEtherType = -4,
  WrongHardwareType = -5,
  WrongProtocolType = -6,
  WrongHardwareLength = -7,
  WrongProtocolLength = -8,
  WrongOpcode = -9,
  BadSender = -10,
}
