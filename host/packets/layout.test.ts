/** The kernel's structs, as the C compiler of this machine lays them out, and the message headers made of them. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { testWith, tool } from "../workbench/testing/requirements.ts";
import { Layout, MessageVector, type StructLayout } from "./layout.ts";
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
  cmsghdr: "CMSG_LEN(0)",
  filter: "sizeof(struct sock_fprog)",
  filterPointer: "offsetof(struct sock_fprog, filter)",
};

testWith(LAYOUT, [tool("cc", "gcc libc6-dev")], "sizes and offsets are those of C", () => {
  const folder = mkdtempSync(join(tmpdir(), "herald-layout-"));
  try {
    const lines = Object.entries(inC).map(([field, expression]) => `  printf("\\"${field}\\": %zu,\\n", (size_t)(${expression}));`);
    const program = `#define _GNU_SOURCE
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <linux/filter.h>
int main(void) {
  printf("{\\n");
${lines.join("\n")}
  printf("\\"instruction\\": %zu, \\"address\\": %zu }\\n", sizeof(struct sock_filter), sizeof(struct sockaddr));
}
`;
    writeFileSync(join(folder, "layout.c"), program);
    execFileSync("cc", ["-o", join(folder, "layout"), join(folder, "layout.c")]);
    const { instruction, address, ...found } = JSON.parse(execFileSync(join(folder, "layout"), { encoding: "utf8" })) as Record<
      string,
      number
    >;
    assert.equal(found, Object.fromEntries(Object.keys(inC).map((field) => [field, Layout[field as keyof StructLayout]])));
    assert.equal([instruction, address], [8, 16]);
  } finally {
    rmSync(folder, { recursive: true });
  }
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
