/** Walks `fixtures/FORMAT/CASE/` of every format: a new capture needs no new test. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { testWith, tool } from "../../workbench/testing/requirements.ts";
import { loadModule } from "../wasm.ts";
import { codec, type Fields, formats } from "./codec.ts";

const walker = suite("wire fixtures");
const fixtures = fileURLToPath(new URL("../../../fixtures/", import.meta.url));

/** Statuses that no fixture can show, and why. */
const withoutFixture: Readonly<Record<string, string>> = {
  Ok: "is the fields",
  Oversized: "needs 65,537 bytes: see codec.test.ts",
  UnwritableOptions: "is an encoder's: see the packets with options",
  WrongOpcode: "is the packet program's: a decoder keeps every operation",
};

interface Case {
  readonly name: string;
  readonly bytes: Buffer;
  readonly expected: { readonly fields?: Fields; readonly canonical?: boolean; readonly status?: string };
}

function casesOf(format: string): Case[] {
  return readdirSync(join(fixtures, format)).map((name) => {
    const read = (file: string) => readFileSync(join(fixtures, format, name, file), "utf8");
    const kinds = ["fields.json", "error.json"].filter((file) => existsSync(join(fixtures, format, name, file)));
    assert.is(kinds.length, 1, `fixtures/${format}/${name} must have fields.json or error.json`);
    assert.ok(read("source.txt").length > 0);
    return { name: `${format}/${name}`, bytes: Buffer.from(read("packet.hex").trim(), "hex"), expected: JSON.parse(read(kinds[0] ?? "")) };
  });
}

for (const format of formats) {
  const cases = casesOf(format.name);
  const { decode, encode } = codec(format.name);

  for (const { name, bytes, expected } of cases) {
    walker(`decode() gives what ${name} says`, () => {
      const decoded = decode(bytes);
      if (expected.status === undefined) assert.equal(decoded, { ok: true, fields: expected.fields });
      else assert.equal(decoded, { ok: false, status: expected.status, ...format.statuses[expected.status] });
    });

    walker(`decode() has an answer to ${name} cut at every length`, () => {
      for (let length = 0; length < bytes.length; length++) {
        const decoded = decode(bytes.subarray(0, length));
        assert.ok(decoded.ok || decoded.status in format.statuses, `${length} bytes: ${JSON.stringify(decoded)}`);
      }
    });

    if (format.encode === undefined || expected.fields === undefined) continue;
    const { fields } = expected;
    if (Number(fields["otherOptionBytes"] ?? 0) > 0) {
      walker(`encode() cannot write ${name}`, () => {
        const encoded = encode(fields);
        assert.is(encoded.ok ? "" : encoded.status, "UnwritableOptions");
      });
      continue;
    }
    walker(`encode() ${expected.canonical ? "gives back" : "differs from, and decodes like,"} ${name}`, () => {
      const encoded = encode(fields);
      assert.ok(encoded.ok);
      assert.is(Buffer.from(encoded.bytes).equals(bytes), expected.canonical);
      assert.equal(decode(encoded.bytes), { ok: true, fields });
    });
  }

  walker(`every status of ${format.name} has a case`, () => {
    const shown = new Set(cases.map(({ expected }) => expected.status));
    const lacking = Object.keys(format.statuses).filter((status) => !shown.has(status) && !(status in withoutFixture));
    assert.equal(lacking, []);
    assert.equal(
      Object.keys(withoutFixture).filter((status) => shown.has(status)),
      [],
    );
  });
}

walker("every status of module wire has a meaning", () => {
  const known = new Set([...formats.flatMap(({ statuses }) => Object.keys(statuses)), ...Object.keys(withoutFixture)]);
  const statuses = WebAssembly.Module.exports(loadModule("wire")).filter(({ name }) => name.startsWith("Status."));
  assert.ok(statuses.length > 5);
  assert.equal(
    statuses.map(({ name }) => name.slice("Status.".length)).filter((name) => !known.has(name)),
    [],
  );
});

const router = {
  destination: "eth.dst",
  source: "eth.src",
  sourceAddress: "ipv6.src",
  destinationAddress: "ipv6.dst",
  sourceLinkLayerAddress: "icmpv6.opt.src_linkaddr",
};
const { sourceLinkLayerAddress, ...message } = router;

/** Our field names → tshark's. */
const tsharkNames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  arp: {
    destination: "eth.dst",
    source: "eth.src",
    operation: "arp.opcode",
    senderMac: "arp.src.hw_mac",
    senderAddress: "arp.src.proto_ipv4",
    targetMac: "arp.dst.hw_mac",
    targetAddress: "arp.dst.proto_ipv4",
  },
  bfd: {
    diagnostic: "bfd.diag",
    state: "bfd.sta",
    poll: "bfd.flags.p",
    final: "bfd.flags.f",
    controlPlaneIndependent: "bfd.flags.c",
    demand: "bfd.flags.d",
    detectMult: "bfd.detect_time_multiplier",
    myDiscriminator: "bfd.my_discriminator",
    yourDiscriminator: "bfd.your_discriminator",
    desiredMinTxInterval: "bfd.desired_min_tx_interval",
    requiredMinRxInterval: "bfd.required_min_rx_interval",
    requiredMinEchoRxInterval: "bfd.required_min_echo_interval",
  },
  "neighbor-advertisement": {
    ...message,
    targetAddress: "icmpv6.nd.na.target_address",
    targetLinkLayerAddress: "icmpv6.opt.target_linkaddr",
  },
  "neighbor-solicitation": { ...message, targetAddress: "icmpv6.nd.ns.target_address", sourceLinkLayerAddress },
  "router-advertisement": {
    ...router,
    currentHopLimit: "icmpv6.nd.ra.cur_hop_limit",
    flags: "icmpv6.nd.ra.flag",
    routerLifetime: "icmpv6.nd.ra.router_lifetime",
    reachableTime: "icmpv6.nd.ra.reachable_time",
    retransTimer: "icmpv6.nd.ra.retrans_timer",
  },
  "router-solicitation": router,
};

/** What a packet of a format has before it on the wire: Ethernet, IPv4, UDP to port 3784 with 24 octets of payload. */
const headers: Readonly<Record<string, string>> = {
  bfd: "02000000000102000000000208004500003400000000ff110000c0000202c0000201c0000ec800200000",
};

/** A field in tshark's words, of which the first counts where there are several; ours for an option that is not there is all zeros. */
function asTsharkTells(value: string | number | undefined): string {
  const text = String(value).replace(/,.*/, "");
  if (text === "00:00:00:00:00:00") return "";
  return text.startsWith("0x") ? String(Number(text)) : text;
}

for (const [format, names] of Object.entries(tsharkNames)) {
  testWith(walker, [tool("tshark")], `tshark reads the fixtures of ${format} as they are written down`, () => {
    const cases = casesOf(format).filter(({ expected }) => expected.fields !== undefined);
    const folder = mkdtempSync(join(tmpdir(), "herald-tshark-"));
    try {
      const header = Buffer.from("d4c3b2a1020004000000000000000000ffff000001000000", "hex");
      const records = cases.flatMap((found) => {
        const bytes = Buffer.concat([Buffer.from(headers[format] ?? "", "hex"), found.bytes]);
        const head = Buffer.alloc(16);
        head.writeUInt32LE(bytes.length, 8);
        head.writeUInt32LE(bytes.length, 12);
        return [head, bytes];
      });
      writeFileSync(join(folder, "all.pcap"), Buffer.concat([header, ...records]));
      const fields = Object.values(names).flatMap((name) => ["-e", name]);
      const output = execFileSync("tshark", ["-r", join(folder, "all.pcap"), "-T", "fields", ...fields], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      assert.equal(
        output
          .split("\n")
          .slice(0, -1)
          .map((line) => line.split("\t").map(asTsharkTells)),
        cases.map(({ expected }) => Object.keys(names).map((name) => asTsharkTells(expected.fields?.[name]))),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

walker.run();
