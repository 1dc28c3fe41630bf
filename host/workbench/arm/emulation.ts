/**
 * Herald as it is shipped, on an ARM that qemu makes up, in a private network: correctness, never speed.
 *
 *   dist/ + machine code for that CPU (.ci/fetch-arm) ──► program/ ──► qemu ──► Node for that CPU ──► Herald
 *                                                                       └── system calls ──► this machine's kernel
 *
 * Sockets, filters, links and timers are the kernel's own, so that who talks to this Herald needs no emulation. Of the kernel's structs qemu
 * translates those that it knows, so a wrong layout is found here. It takes a process for what it emulates, but what that starts for what it
 * is: programs of this machine run as they are, and Node, which Herald starts once more for a plugin, only where the kernel hands ARM
 * programs to qemu (binfmt_misc). `handOver` makes it so in the user namespace that the private network is in, and nowhere else.
 */

import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run } from "../private-network.ts";
import { findTool, type Requirement } from "../testing/requirements.ts";
import { PROGRAM } from "../testing/running-lab.ts";

/** By Node's name for it. */
export type ArmCpu = "arm64" | "arm";

/** `e_machine`: ELF's number; `bits`: its class. */
const CPUS = {
  arm64: { emulator: "qemu-aarch64-static", libraries: "/usr/aarch64-linux-gnu", loader: "ld-linux-aarch64.so.1", bits: 64, machine: 183 },
  arm: { emulator: "qemu-arm-static", libraries: "/usr/arm-linux-gnueabihf", loader: "ld-linux-armhf.so.3", bits: 32, machine: 40 },
} as const;

const REGISTER = "/proc/sys/fs/binfmt_misc";
const folderOf = (cpu: ArmCpu): string => join(process.env["HERALD_ARM"] ?? "", cpu);
const nodeOf = (cpu: ArmCpu): string => join(folderOf(cpu), "node/bin/node");

/** What a test on that CPU needs. */
export function armNeeds(cpu: ArmCpu): readonly Requirement[] {
  const { emulator, libraries, loader } = CPUS[cpu];
  const crossed = cpu === "arm" ? "armhf" : cpu;
  const isThere = (name: string): boolean => existsSync(join(libraries, "lib", name));
  return [
    { what: emulator, remedy: "apt-get install qemu-user-static", isMet: () => findTool(emulator) !== undefined },
    {
      what: `the C library of ${crossed}`,
      remedy: ["libc6", "libstdc++6", "libatomic1"].reduce((list, name) => `${list} ${name}-${crossed}-cross`, "apt-get install"),
      isMet: () => [loader, "libstdc++.so.6", "libgcc_s.so.1", "libatomic.so.1"].every(isThere),
    },
    {
      what: `Node for ${crossed}`,
      remedy: "export HERALD_ARM=$(.ci/fetch-arm)",
      isMet: () => process.env["HERALD_ARM"] !== undefined && existsSync(nodeOf(cpu)),
    },
  ];
}

/** A command line on that CPU. */
export class ArmProgram {
  readonly cpu: ArmCpu;
  /** Where its files lie until this process ends. Not in `/run`: a private network inside of this one has another. */
  readonly folder: string;

  constructor(cpu: ArmCpu) {
    this.cpu = cpu;
    this.folder = mkdtempSync(join(tmpdir(), `herald-${cpu}-`));
    process.once("exit", () => rmSync(this.folder, { recursive: true, force: true }));
    cpSync(dirname(PROGRAM), this.folder, { recursive: true });
    cpSync(join(folderOf(cpu), "node_modules"), join(this.folder, "node_modules"), { recursive: true });
    this.#handOver();
  }

  node(...args: readonly string[]): string[] {
    return [...this.#emulator(), nodeOf(this.cpu), ...args];
  }

  /** On a CPU without NEON, as some armv7 are. */
  nodeWithoutNeon(...args: readonly string[]): string[] {
    return [...this.#emulator(), "-cpu", "max,neon=off", nodeOf(this.cpu), ...args];
  }

  herald(...args: readonly string[]): string[] {
    return this.node(join(this.folder, "herald.mjs"), ...args);
  }

  #emulator(): string[] {
    const { emulator, libraries } = CPUS[this.cpu];
    return [findTool(emulator) ?? emulator, "-L", libraries];
  }

  /** Documentation/admin-guide/binfmt-misc.rst. qemu finds no libraries by itself, and a plugin's process has no environment to say where. */
  #handOver(): void {
    const { bits, machine } = CPUS[this.cpu];
    const starter = join(this.folder, "start");
    writeFileSync(starter, `#!/bin/sh\nexec ${this.#emulator().join(" ")} "$@"\n`, { mode: 0o755 });
    if (!existsSync(join(REGISTER, "register"))) run("mount", "-t", "binfmt_misc", "none", REGISTER);
    const hex = (...bytes: readonly number[]): string => bytes.map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
    // e_ident with class and byte order, its padding, e_type (2 or 3), e_machine.
    const magic = hex(0x7f, 0x45, 0x4c, 0x46, bits / 32, 1, 1, ...new Array(9).fill(0), 2, 0, machine, 0);
    const mask = hex(...new Array(7).fill(0xff), ...new Array(9).fill(0), 0xfe, 0xff, 0xff, 0xff);
    writeFileSync(join(REGISTER, "register"), `:herald-${this.cpu}:M::${magic}:${mask}:${starter}:`);
  }
}
