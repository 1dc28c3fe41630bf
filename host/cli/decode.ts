/** `herald decode`: bytes in, what they mean out, with the decoders that the announcers run. */
import { createReadStream } from "node:fs";
import { codec, formats } from "../packets/codec/codec.ts";
import { type Command, type CommandIo, parseFlags, suggest, UsageError } from "./command.ts";
import { bgpDecoder } from "./decode-bgp.ts";
import type { Decoder, Shown } from "./decoder.ts";
import { readPackets } from "./packet-input.ts";

interface Protocol {
  readonly name: string;
  readonly summary: string;
  open(flags: { readonly twoOctetAs: boolean }): Decoder;
}

const protocols: readonly Protocol[] = [
  ...formats.map(({ name, summary }) => ({ name, summary, open: () => packetDecoder(name) })),
  {
    name: "bgp",
    summary: "messages of BGP-4: each line some whole ones; of a capture TCP port 179",
    open: ({ twoOctetAs }) => bgpDecoder(twoOctetAs),
  },
];

const help = `
Usage: herald decode PROTOCOL [FILE…]

Reads packets and prints one JSON object a packet: its fields, or the status that the decoder gave, with its meaning and
source. The decoders are the very ones that answer on the network (WebAssembly), so what this shows is what they see.

Protocols:
${protocols.map(({ name, summary }) => `  ${name.padEnd(22)}${summary}`).join("\n")}

A FILE is a capture (pcap or pcapng, Ethernet), or text with one packet a line in hex. Spaces and colons in a line are
passed over, and all behind a #. No FILE, or -, is standard input.

Flags:
  --two-octet-as  bgp: AS numbers have two octets where no OPENs tell
  --json          JSON lines; always so, accepted for the sake of scripts
  --help, -h      this text

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
    const { positionals, values } = parseFlags(args, { json: { type: "boolean" }, "two-octet-as": { type: "boolean" } });
    const [name, ...files] = positionals;
    const protocol = protocolOf(name);
    let code = 0;
    for (const file of files.length > 0 ? files : ["-"]) {
      const decoder = protocol.open({ twoOctetAs: values["two-octet-as"] ?? false });
      for await (const shown of decodeFile(file, decoder, io)) code = Math.max(code, show(shown, io));
    }
    return code;
  },
};

async function* decodeFile(file: string, decoder: Decoder, io: CommandIo): AsyncGenerator<Shown> {
  for await (const packet of readPackets(file === "-" ? "stdin" : file, open(file, io))) {
    if ("problem" in packet) yield packet;
    else yield* decoder.take(packet);
  }
}

/** The exit code that it calls for. */
function show(shown: Shown, io: CommandIo): number {
  const isProblem = "problem" in shown;
  if (isProblem) io.stderr.write(`herald decode: ${shown.problem}\n`);
  else io.stdout.write(`${JSON.stringify(shown)}\n`);
  return isProblem ? 1 : 0;
}

function protocolOf(name: string | undefined): Protocol {
  const names = protocols.map((protocol) => protocol.name);
  if (name === undefined) throw new UsageError(`No protocol: expected one of ${names.join(", ")}`);
  const found = protocols.find((protocol) => protocol.name === name);
  if (found === undefined) throw new UsageError(`Unknown protocol ${name}${suggest(name, names)}`);
  return found;
}

/** Of a format in which every packet stands for itself. */
function packetDecoder(format: string): Decoder {
  const { decode: decodePacket } = codec(format);
  return {
    take({ bytes }) {
      const { ok, ...found } = decodePacket(bytes);
      return ["fields" in found ? found.fields : found];
    },
  };
}

function open(file: string, io: CommandIo): AsyncIterable<Uint8Array> {
  return file === "-" ? io.stdin : createReadStream(file);
}
