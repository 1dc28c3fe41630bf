/** What is wrong with a message, as the session and people want to know it. */
import type { ErrorVerb, MessageError } from "../../../contract/bgp-messages.ts";
import { bgpModule, readBytes, readFamily } from "./record.ts";
import { statuses } from "./statuses.ts";
import { formatHex } from "./text.ts";

/** Most hex digits of the fault that a reason shows. */
const SHOWN = 64;

/** The error of a status that `decode` or `frame` gave; its data stands in the record. */
export function messageError(status: number): MessageError {
  return errorOf(status, "resetSession");
}

/** The error of an entry in the list of attributes, with the verb that the entry calls for. */
export function attributeError(index: number, typeCode: number, verb: number): MessageError {
  const { call, nameOf } = bgpModule();
  const error = errorOf(call("tellAttribute", index), verbOf(nameOf("Verb", verb)));
  const isReach = typeCode === bgpModule().value("Attribute.MpReachNlri");
  const family = error.verb === "disableFamily" ? { family: readFamily(isReach ? "UPDATE_REACH" : "UPDATE_UNREACH") } : {};
  return { ...error, reason: `${attributeName(typeCode)}: ${error.reason}`, typeCode, ...family };
}

/** The error of an attribute that stands there again. */
export function repeatError(typeCode: number): MessageError {
  const { value } = bgpModule();
  const error = { ...errorOf(value("Status.RepeatedAttribute"), "discardAttribute"), data: "" };
  return { ...error, reason: `${attributeName(typeCode)}: ${statuses["RepeatedAttribute"]?.meaning}`, typeCode };
}

function errorOf(status: number, verb: ErrorVerb): MessageError {
  const { call, nameOf } = bgpModule();
  const name = nameOf("Status", status);
  const { meaning = name, source = "" } = statuses[name] ?? {};
  const data = formatHex(readBytes("ERROR_DATA"));
  return {
    verb,
    errorCode: call("errorCode", status),
    errorSubcode: call("errorSubcode", status),
    data,
    reason: data === "" ? meaning : `${meaning}, found ${data.slice(0, SHOWN)}${data.length > SHOWN ? "…" : ""}`,
    status: name,
    source,
  };
}

/** `treatAsWithdraw` for `TreatAsWithdraw`: the module's names are those of the messages, but for the first letter. */
function verbOf(name: string): ErrorVerb {
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}` as ErrorVerb;
}

/** `AS_PATH` for `AsPath`: the module's names are those of the RFCs, but for their case. */
function attributeName(typeCode: number): string {
  const name = bgpModule().nameOf("Attribute", typeCode);
  return name === String(typeCode) ? `Attribute ${name}` : name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toUpperCase();
}
