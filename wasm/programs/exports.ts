// What every built-in packet program exports beside its functions.

export { rowCount } from "../table/rows";
export { eventsWritten } from "./events";
export {
  ABI,
  CLAIMS,
  COUNTERS,
  DROP_REASONS,
  DROPS,
  EVENT_SLOTS,
  EVENTS,
  HEARD,
  LEVELS,
  Refused,
  ROW,
  ROWS,
  RX,
  RX_DESCRIPTORS,
  SLOT_BYTES,
  SLOTS,
  TX,
  TX_DESCRIPTORS,
} from "./memory";
