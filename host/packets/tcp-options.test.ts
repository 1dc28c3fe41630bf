/** TCP options without a kernel: what is refused, what is said, and that nothing stays open. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Errno, type Libc } from "./libc.ts";
import { openTcpSocket, setMd5, type TcpOptions } from "./tcp-options.ts";

const TCP = suite("tcp options");

interface Call {
  readonly level: number;
  readonly option: number;
  readonly value: Uint8Array;
}

/** A C library of which one option fails, with what was asked of it. */
function fakeLibc(failing = -1, errno: number = Errno.ENOPROTOOPT) {
  const calls: Call[] = [];
  const open = new Set<number>();
  const parts: Partial<Libc> = {
    socket() {
      open.add(7);
      return 7;
    },
    setsockopt(_, level, option, value) {
      calls.push({ level, option, value });
      return option === failing ? -1 : 0;
    },
    close: (fd) => (open.delete(fd) ? 0 : -1),
    errno: () => errno,
  };
  return { libc: parts as Libc, calls, open };
}

const options: TcpOptions = { device: "eth0", hopLimit: 255, leastHopLimit: 254 };

TCP("openTcpSocket() sets what was asked for", () => {
  const set = (family: 4 | 6, asked: TcpOptions) => {
    const { libc, calls, open } = fakeLibc();
    assert.equal([openTcpSocket(libc, family, asked), open.size], [7, 1]);
    return calls.map(({ level, option, value }) => `${level}/${option} ${Buffer.from(value).toString("hex")}`);
  };
  const device = "1/25 6574683000";
  assert.equal(set(4, options), [device, "0/2 ff000000", "0/21 fe000000"]);
  assert.equal(set(6, options), ["41/26 01000000", device, "41/16 ff000000", "41/73 fe000000"]);
  assert.equal(set(4, {}), []);
});

const lacking: readonly (readonly [family: 4 | 6, option: number, name: string])[] = [
  [4, 2, "IP_TTL"],
  [4, 21, "IP_MINTTL"],
  [6, 16, "IPV6_UNICAST_HOPS"],
  [6, 73, "IPV6_MINHOPCOUNT"],
  [6, 26, "IPV6_V6ONLY"],
  [4, 25, "SO_BINDTODEVICE eth0"],
];

for (const [family, option, name] of lacking) {
  TCP(`a kernel without ${name} is named, and nothing stays open`, () => {
    const { libc, open } = fakeLibc(option);
    assert.throws(() => openTcpSocket(libc, family, options), new RegExp(`^socket option ${name} gave ENOPROTOOPT$`));
    assert.is(open.size, 0);
  });
}

const wrong: readonly (readonly [asked: TcpOptions, says: string])[] = [
  [{ hopLimit: 0 }, "hopLimit: found 0, expected 1 to 255"],
  [{ hopLimit: 256 }, "hopLimit: found 256, expected 1 to 255"],
  [{ leastHopLimit: 1.5 }, "leastHopLimit: found 1.5, expected 1 to 255"],
  [{ leastHopLimit: Number.NaN }, "leastHopLimit: found NaN, expected 1 to 255"],
  [{ device: "" }, 'device: found "", expected the name of a link, at most 15 bytes'],
  [{ device: "a-name-too-long0" }, 'device: found "a-name-too-long0", expected the name of a link, at most 15 bytes'],
  [{ device: "eth0\0x" }, 'device: found "eth0\\u0000x", expected the name of a link, at most 15 bytes'],
];

for (const [asked, says] of wrong) {
  TCP(`openTcpSocket() refuses ${JSON.stringify(asked)}`, () => {
    const { libc, open } = fakeLibc();
    let message = "";
    try {
      openTcpSocket(libc, 4, asked);
    } catch (error) {
      message = (error as Error).message;
    }
    assert.is(message, says);
    assert.is(open.size, 0);
  });
}

TCP("setMd5() hands the kernel the peer's address and the key", () => {
  const record = (address: string, password: string | undefined) => {
    const { libc, calls } = fakeLibc();
    setMd5(libc, 7, address, password);
    const [call] = calls;
    assert.equal([calls.length, call?.level, call?.option, call?.value.length], [1, 6, 14, 216]);
    return Buffer.from(call?.value ?? []);
  };
  const v4 = record("192.0.2.1", "päss");
  assert.is(v4.subarray(0, 8).toString("hex"), "02000000c0000201");
  assert.is(v4.subarray(128, 142).toString("hex"), "000005000000000070c3a4737300");
  const v6 = record("2001:db8::1", "k".repeat(80));
  assert.is(v6.subarray(0, 24).toString("hex"), "0a0000000000000020010db8000000000000000000000001");
  assert.equal([v6.readUInt16LE(130), v6.subarray(136).toString()], [80, "k".repeat(80)]);
  assert.equal(record("192.0.2.1", undefined).subarray(128), Buffer.alloc(88));
});

TCP("setMd5() refuses a password that is too long, or empty, which would take the key away", () => {
  const { libc, calls } = fakeLibc();
  const secret = "ä".repeat(41);
  assert.throws(
    () => setMd5(libc, 7, "192.0.2.1", secret),
    (error: Error) => error.message === "md5: found a password of 82 bytes, expected 1 to 80",
  );
  assert.throws(() => setMd5(libc, 7, "192.0.2.1", ""), /found a password of 0 bytes/);
  assert.is(calls.length, 0);
});

TCP("setMd5() fails where the kernel cannot, and not where there was no key to take away", () => {
  assert.throws(() => setMd5(fakeLibc(14).libc, 7, "::1", "hidden"), /^socket option TCP_MD5SIG for ::1 gave ENOPROTOOPT$/);
  assert.throws(() => setMd5(fakeLibc(14).libc, 7, "::1", undefined), /ENOPROTOOPT/);
  setMd5(fakeLibc(14, Errno.ENOENT).libc, 7, "::1", undefined);
  assert.throws(() => setMd5(fakeLibc(14, Errno.ENOENT).libc, 7, "::1", "hidden"), /ENOENT/);
});

TCP.run();
