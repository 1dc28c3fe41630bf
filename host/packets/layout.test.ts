/** The kernel's structs, as the C compiler of this machine lays them out, and the message headers made of them. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { testWith, tool } from "../workbench/testing/requirements.ts";
import { Layout, layouts, MessageVector, type StructLayout } from "./layout.ts";
import type { Libc } from "./libc.ts";

const LAYOUT = suite("layout");

/** C expressions by field. */
const inC: Readonly<Record<keyof StructLayout, string>> = {
  word: "sizeof(void *)",
  mmsghdr: "sizeof(struct mmsghdr)",
  name: "offsetof(struct mmsghdr, msg_hdr.msg_name)",
  nameLength: "offsetof(struct mmsghdr, msg_hdr.msg_namelen)",
  iov: "offsetof(struct mmsghdr, msg_hdr.msg_iov)",
  iovLength: "offsetof(struct mmsghdr, msg_hdr.msg_iovlen)",
  control: "offsetof(struct mmsghdr, msg_hdr.msg_control)",
  controlLength: "offsetof(struct mmsghdr, msg_hdr.msg_controllen)",
  length: "offsetof(struct mmsghdr, msg_len)",
  iovec: "sizeof(struct iovec)",
  iovecLength: "offsetof(struct iovec, iov_len)",
  cmsghdr: "sizeof(struct cmsghdr)",
  filter: "sizeof(struct sock_fprog)",
  filterPointer: "offsetof(struct sock_fprog, filter)",
};

/** The same wherever Herald runs, whatever a word is: numbers that stand in this folder's files as they are. */
const ALIKE: Readonly<Record<string, number>> = {
  "sizeof(struct sock_filter)": 8,
  "offsetof(struct sock_filter, k)": 4,
  "sizeof(struct sockaddr_ll)": 20,
  "offsetof(struct sockaddr_ll, sll_protocol)": 2,
  "offsetof(struct sockaddr_ll, sll_ifindex)": 4,
  "sizeof(struct packet_mreq)": 16,
  "offsetof(struct packet_mreq, mr_type)": 4,
  "offsetof(struct packet_mreq, mr_alen)": 6,
  "offsetof(struct packet_mreq, mr_address)": 8,
  "sizeof(struct tpacket_stats)": 8,
  "offsetof(struct tpacket_stats, tp_drops)": 4,
  "sizeof(struct tpacket_req)": 16,
  "offsetof(struct tpacket_req, tp_frame_nr)": 12,
  "offsetof(struct tpacket2_hdr, tp_status)": 0,
  "offsetof(struct tpacket2_hdr, tp_len)": 4,
  "offsetof(struct tpacket2_hdr, tp_snaplen)": 8,
  // net/packet/af_packet.c tpacket_rcv(): of Ethernet, where nothing is reserved.
  "TPACKET_ALIGN(TPACKET2_HDRLEN + 16) - 14": 66,
  "sizeof(struct sockaddr_nl)": 12,
  "offsetof(struct sockaddr_nl, nl_groups)": 8,
  "sizeof(struct nlmsghdr)": 16,
  "offsetof(struct nlmsghdr, nlmsg_flags)": 6,
  "sizeof(struct rtattr)": 4,
  "sizeof(struct ifinfomsg)": 16,
  "offsetof(struct ifinfomsg, ifi_index)": 4,
  "offsetof(struct ifinfomsg, ifi_flags)": 8,
  "sizeof(struct ifaddrmsg)": 8,
  "offsetof(struct ifaddrmsg, ifa_index)": 4,
  "sizeof(struct ndmsg)": 12,
  "offsetof(struct ndmsg, ndm_state)": 8,
  "sizeof(struct rtmsg)": 12,
  "offsetof(struct rtmsg, rtm_type)": 7,
  "sizeof(struct rtnexthop)": 8,
  "offsetof(struct rtnexthop, rtnh_ifindex)": 4,
  "sizeof(struct pollfd)": 8,
  "offsetof(struct pollfd, events)": 4,
  "offsetof(struct pollfd, revents)": 6,
  "sizeof(struct tcp_md5sig)": 216,
  "offsetof(struct tcp_md5sig, tcpm_keylen)": 130,
  "offsetof(struct tcp_md5sig, tcpm_key)": 136,
  "sizeof(struct ipv6_mreq)": 20,
  "offsetof(struct ipv6_mreq, ipv6mr_interface)": 16,
  "sizeof(struct sockaddr_in)": 16,
  "sizeof(struct sockaddr_in6)": 28,
  "offsetof(struct sockaddr_in6, sin6_addr)": 8,
  "offsetof(struct sockaddr_in6, sin6_scope_id)": 24,
  "sizeof(struct in_pktinfo)": 12,
  "sizeof(struct in6_pktinfo)": 20,
  "offsetof(struct in6_pktinfo, ipi6_ifindex)": 16,
  "sizeof(int)": 4,
  "__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__": 1,
};

const COMPILERS = [
  { cpu: "this machine", compiler: "cc", debian: "gcc libc6-dev", layout: Layout },
  { cpu: "arm64", compiler: "aarch64-linux-gnu-gcc", debian: "gcc-aarch64-linux-gnu libc6-dev-arm64-cross", layout: layouts[64] },
  { cpu: "arm", compiler: "arm-linux-gnueabihf-gcc", debian: "gcc-arm-linux-gnueabihf libc6-dev-armhf-cross", layout: layouts[32] },
];

/** What the compiler finds otherwise; nothing is run. */
function problems(compiler: string, expected: Readonly<Record<string, number>>): string {
  const folder = mkdtempSync(join(tmpdir(), "herald-layout-"));
  const headers = ["stddef.h", "poll.h", "sys/socket.h", "sys/uio.h", "netinet/in.h", "time.h"];
  const kernel = ["filter", "if_packet", "netlink", "rtnetlink", "if_link", "if_addr", "neighbour", "tcp"].map((name) => `linux/${name}.h`);
  const lines = [...headers, ...kernel].map((name) => `#include <${name}>`);
  const checks = Object.entries(expected).map(
    ([c, value]) => `_Static_assert((${c}) == ${value}, ${JSON.stringify(`${c} is not ${value}`)});`,
  );
  try {
    writeFileSync(join(folder, "layout.c"), ["#define _GNU_SOURCE", ...lines, ...checks, ""].join("\n"));
    return spawnSync(compiler, ["-fsyntax-only", join(folder, "layout.c")], { encoding: "utf8" }).stderr;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

for (const { cpu, compiler, debian, layout } of COMPILERS) {
  testWith(LAYOUT, [tool(compiler, debian)], `sizes and offsets are those of C on ${cpu}`, () => {
    const ofWord = Object.entries(inC).map(([field, c]) => [c, layout[field as keyof StructLayout]]);
    assert.is(problems(compiler, { ...Object.fromEntries(ofWord), ...ALIKE, "sizeof(struct timespec)": 2 * layout.word }), "");
  });
}

testWith(LAYOUT, [tool("cc", "gcc libc6-dev")], "a number that is wrong is found", () => {
  assert.match(problems("cc", { "sizeof(struct pollfd)": 9 }), "sizeof(struct pollfd) is not 9");
});

/** Views have made-up addresses, and headers are read back through them. */
function vector(count: number) {
  const known: { at: number; view: Uint8Array }[] = [];
  const address = (view: Uint8Array): number => {
    const at = 0x7000_0000 + known.length * 0x100_0000;
    known.push({ at, view });
    return at;
  };
  const memory = new Uint8Array(8192);
  const made = new MessageVector({ address } as unknown as Libc, { memory, base: 1024, slotBytes: 256, count });
  const read = (from: number): number => {
    const { at, view } = known.find((one) => from >= one.at && from < one.at + one.view.length) ?? { at: 0, view: memory };
    const words = new DataView(view.buffer, view.byteOffset);
    return Layout.word === 8 ? Number(words.getBigUint64(from - at, true)) : words.getUint32(from - at, true);
  };
  const memoryAt = known.find(({ view }) => view === memory)?.at ?? 0;
  return { made, read, memoryAt };
}

LAYOUT("each message points to its iovec, and that to its slot", () => {
  const { made, read, memoryAt } = vector(5);
  for (let slot = 0; slot < 5; slot++) {
    const header = made.header(slot);
    assert.is(header, made.address + slot * Layout.mmsghdr);
    assert.is(read(header + Layout.iovLength), 1);
    const iovec = read(header + Layout.iov);
    assert.is(read(iovec), memoryAt + 1024 + slot * 256);
    assert.is(read(iovec + Layout.iovecLength), 256);
  }
});

LAYOUT("setLength() never gives the kernel more than a slot", () => {
  const { made, read } = vector(3);
  for (const [asked, given] of [
    [0, 0],
    [42, 42],
    [256, 256],
    [257, 256],
    [65_535, 256],
  ]) {
    made.setLength(1, asked as number);
    const lengths = [0, 1, 2].map((slot) => read(read(made.header(slot) + Layout.iov) + Layout.iovecLength));
    assert.equal(lengths, [256, given, 256]);
  }
});

LAYOUT.run();
