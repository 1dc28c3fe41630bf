/** NOTIFICATION: the module's record and the message. */
import type { Notification, NotificationMessage } from "../../../contract/bgp-messages.ts";
import { bgpModule, read, readBytes, Values, write } from "./record.ts";
import { formatHex, parseHex } from "./text.ts";

const CEASE = 6;
const HARD_RESET = 9;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The NOTIFICATION of the record. */
export function readNotification(): NotificationMessage {
  const told: Notification = {
    errorCode: read("NOTIFICATION_CODE"),
    errorSubcode: read("NOTIFICATION_SUBCODE"),
    data: formatHex(readBytes("NOTIFICATION_DATA")),
    ...readText(),
  };
  if (read("NOTIFICATION_IS_HARD") === 0) return { type: "notification", ...told };
  const data = formatHex(readBytes("NOTIFICATION_RAW"));
  return { type: "notification", errorCode: CEASE, errorSubcode: HARD_RESET, data, hardReset: told };
}

function readText(): Pick<Notification, "shutdownCommunication"> {
  if (read("NOTIFICATION_HAS_TEXT") === 0) return {};
  try {
    return { shutdownCommunication: utf8.decode(readBytes("NOTIFICATION_TEXT")) };
  } catch {
    return {}; // not UTF-8, so it is only data
  }
}

/** Fills the record. Throws TypeError where data is no hex. */
export function writeNotification({ hardReset, ...outer }: NotificationMessage): void {
  const { errorCode, errorSubcode, data, shutdownCommunication: text } = hardReset ?? outer;
  const values = new Values();
  const bytes = parseHex(data);
  if (bytes === undefined) throw new TypeError(`Cannot encode NOTIFICATION: data is ${data}, expected hex`);
  write("NOTIFICATION_IS_HARD", hardReset === undefined ? 0 : 1);
  write("NOTIFICATION_CODE", errorCode);
  write("NOTIFICATION_SUBCODE", errorSubcode);
  values.putBytes(bytes, "NOTIFICATION_DATA");
  write("NOTIFICATION_HAS_TEXT", text === undefined ? 0 : 1);
  values.putBytes(new TextEncoder().encode(clip(text ?? "")), "NOTIFICATION_TEXT");
}

/** As much of a text as a NOTIFICATION can carry, without half a character at its end. */
function clip(text: string): string {
  const most = bgpModule().value("TEXT_MAX");
  let clipped = text;
  while (Buffer.byteLength(clipped) > most) clipped = Array.from(clipped).slice(0, -1).join("");
  return clipped;
}
