/** `herald decode`: bytes in, what they mean out, with the decoders that the announcers run. */
import { createReadStream } from "node:fs";
import { codec, formats } from "../packets/codec/codec.ts";
import { type Command, type CommandIo, parseFlags, suggest, UsageError } from "./command.ts";
import { type Packet, readPackets } from "./packet-input.ts";

const help = `
Usage: herald decode PROTOCOL [FILE…]

Reads packets and prints one JSON object a packet: its fields, or the status that the decoder gave, with its meaning and
source. The decoders are the very ones that answer on the network (WebAssembly), so what this shows is what they see.

Protocols:
${formats.map(({ name, summary }) => `  ${name.padEnd(12)}${summary}`).join("\n")}

A FILE is a capture (pcap or pcapng, Ethernet), or text with one packet a line in hex. Spaces and colons in a line are
passed over, and all behind a #. No FILE, or -, is standard input.

Flags:
  --json      JSON lines; always so, accepted for the sake of scripts
  --help, -h  this text

Exit code: 0, also where a packet is malformed; 1 where some input could not be read; 2 for wrong arguments.

Examples:
  tcpdump -c 4 -w - -i eth0 arp | herald decode arp
  echo "ffffffffffff 020000000001 0806 0001 0800 0604 0001 020000000001 c0000201 000000000000 c000020a" | herald decode arp
  {"destination":"ff:ff:ff:ff:ff:ff","source":"02:00:00:00:00:01","operation":1,"senderMac":"02:00:00:00:00:01",
   "senderAddress":"192.0.2.1","targetMac":"00:00:00:00:00:00","targetAddress":"192.0.2.10","trailingBytes":0}
`;

export const decode: Command = {
  name: "decode",
  summary: "Show what captured bytes mean, as JSON lines",
  help,
  async run(args, io) {
    const { positionals } = parseFlags(args, { json: { type: "boolean" } });
    const [protocol, ...files] = positionals;
    const names = formats.map(({ name }) => name);
    if (protocol === undefined) throw new UsageError(`No protocol: expected one of ${names.join(", ")}`);
    if (!names.includes(protocol)) throw new UsageError(`Unknown protocol ${protocol}${suggest(protocol, names)}`);
    const decodePacket = codec(protocol).decode;
    let problems = 0;
    const show = (packet: Packet) => {
      if ("problem" in packet) {
        problems++;
        io.stderr.write(`herald decode: ${packet.problem}\n`);
        return;
      }
      const { ok, ...found } = decodePacket(packet.bytes);
      io.stdout.write(`${JSON.stringify("fields" in found ? found.fields : found)}\n`);
    };
    for (const file of files.length > 0 ? files : ["-"]) {
      for await (const packet of readPackets(file === "-" ? "stdin" : file, open(file, io))) show(packet);
    }
    return problems > 0 ? 1 : 0;
  },
};

function open(file: string, io: CommandIo): AsyncIterable<Uint8Array> {
  return file === "-" ? io.stdin : createReadStream(file);
}
