/** `herald bgp listen`: the looking glass on this machine's network, until it is told to stop. */

import { type CommandIo, type CommandTools, parseAddress, UsageError } from "../../../host/announcer.ts";
import type { GlassEvent } from "../looking-glass/events.ts";
import { type GlassOptions, LookingGlass, type PeerKey } from "../looking-glass/looking-glass.ts";
import { textOf } from "./event-text.ts";

const FLAGS = {
  asn: { type: "string" },
  address: { type: "string", multiple: true },
  port: { type: "string" },
  identifier: { type: "string" },
  hold: { type: "string" },
  md5: { type: "string", multiple: true },
  json: { type: "boolean" },
} as const;

const EVERYWHERE = ["0.0.0.0", "::"];

interface Settings extends GlassOptions {
  readonly addresses: readonly string[];
  readonly port: number;
  readonly keys: readonly PeerKey[];
  readonly json: boolean;
}

export async function listen(args: readonly string[], io: CommandIo, tools: CommandTools): Promise<number> {
  const settings = readSettings(args, tools);
  const { asNumber, addresses, port, keys, json } = settings;
  const { net, clock, codec, stopped, close } = tools.network();
  const tell = (event: GlassEvent) =>
    void io.stdout.write(json ? `${JSON.stringify({ time: new Date().toISOString(), ...event })}\n` : textOf(event));
  const glass = new LookingGlass(settings, { net, clock, codec: codec("bgp"), tell });
  try {
    for (const address of addresses) {
      const isIpv6 = address.includes(":");
      const bound = await glass.listen(
        address,
        port,
        keys.filter((key) => key.address.includes(":") === isIpv6),
      );
      if (json) io.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), event: "listening", address, port: bound })}\n`);
      else io.stdout.write(`Listening as AS ${asNumber} on ${isIpv6 ? `[${address}]` : address}:${bound}\n`);
    }
    await stopped;
    await glass.close();
    return 0;
  } catch (error) {
    io.stderr.write(`herald bgp listen: ${(error as Error).message}\n`);
    return 1;
  } finally {
    close();
  }
}

function readSettings(args: readonly string[], tools: CommandTools): Settings {
  const { values, positionals } = tools.parseFlags(args, FLAGS);
  if (positionals.length > 0) throw new UsageError(`Unknown argument "${positionals[0]}": expected only flags`);
  if (values.asn === undefined) throw new UsageError("Flag --asn is missing: expected the AS number of this router");
  const addresses = (values.address ?? []).map((text) => addressOf("address", text));
  return {
    asNumber: wholeNumber("asn", values.asn, 1, 0xffff_ffff),
    identifier: identifierOf(values.identifier, addresses),
    holdTimeSeconds: holdOf(values.hold ?? "90"),
    addresses: addresses.length > 0 ? addresses : EVERYWHERE,
    port: wholeNumber("port", values.port ?? "179", 0, 0xffff),
    keys: (values.md5 ?? []).map(readKey),
    json: values.json ?? false,
  };
}

function wholeNumber(flag: string, text: string, minimum: number, maximum: number): number {
  const number = Number(text);
  if (/^\d{1,10}$/.test(text) && number >= minimum && number <= maximum) return number;
  throw new UsageError(`Flag --${flag} has the value "${text}": expected a whole number from ${minimum} to ${maximum}`);
}

function holdOf(text: string): number {
  const seconds = wholeNumber("hold", text, 0, 0xffff);
  if (seconds === 1 || seconds === 2) throw new UsageError(`Flag --hold has the value "${text}": expected 0, or at least 3 seconds`);
  return seconds;
}

function addressOf(flag: string, text: string): string {
  if (parseAddress(text) === undefined) throw new UsageError(`Flag --${flag} has the value "${text}": expected an IP address`);
  return text;
}

/** RFC 4271 §4.2: four octets; any that nobody else here has will do. */
function identifierOf(text: string | undefined, addresses: readonly string[]): string {
  const found = text ?? addresses.find((address) => !address.includes(":") && address !== "0.0.0.0") ?? "192.0.2.1";
  const address = parseAddress(found);
  if (address?.family === 4 && address.value > 0n) return found;
  throw new UsageError(`Flag --identifier has the value "${found}": expected four octets such as 192.0.2.1`);
}

function readKey(text: string): PeerKey {
  const at = text.indexOf("=");
  if (at < 1 || at === text.length - 1) throw new UsageError("Flag --md5 has no address or no key: expected ADDRESS=KEY");
  return { address: addressOf("md5", text.slice(0, at)), md5: { text: text.slice(at + 1) } };
}
