// What every built-in packet program exports beside its functions.
export { eventsWritten } from "./events";
export {
  ABI,
  COUNTERS,
  DROP_REASONS,
  DROPS,
  EVENT_SLOTS,
  EVENTS,
  LEVELS,
  ROW,
  ROWS,
  RX,
  RX_DESCRIPTORS,
  Refused,
  SLOT_BYTES,
  SLOTS,
  TX,
  TX_DESCRIPTORS,
} from "./memory";
export { rowCount } from "../table/rows";
