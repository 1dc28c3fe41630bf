/** What of a machine moves a figure and changes while benches run: load, clock, heat. And what it is, beyond its CPU. Linux only. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { findTool } from "../../testing/requirements.ts";

export interface MachineFacts {
  /** "Raspberry Pi 5 Model B Rev 1.0"; null: it does not say. */
  readonly board: string | null;
  readonly memoryBytes: number;
  /** "Debian GNU/Linux 12 (bookworm)" */
  readonly distribution: string | null;
  /** Who made the virtual machine that this is; null: none that can be seen. */
  readonly virtual: string | null;
  /** Of each core that has one, once: "schedutil". Empty where the clock is not Linux's to set. */
  readonly governors: readonly string[];
  /** The machine that plays this CPU, by the kernel's name for it: "x86_64". Absent: this CPU is real, or at least the kernel's own. */
  readonly emulatedOn?: string;
}

/** At one moment. */
export interface MachineState {
  /** Over the last minute, five and fifteen. */
  readonly load: readonly number[];
  /** Of each core; empty where they do not say. */
  readonly clocksMHz: readonly number[];
  readonly temperatures: readonly { readonly of: string; readonly celsius: number }[];
  /** A Raspberry Pi's own words: what holds it back now, and has since its start. Null: no such board. */
  readonly throttling: { readonly now: readonly string[]; readonly since: readonly string[] } | null;
}

const CPUS = "sys/devices/system/cpu";

/** `root`: where `/sys`, `/proc` and `/etc` are. `cpu`: Node's name for the one that it was made for. */
export function readMachineFacts(root = "/", cpu: string = process.arch): MachineFacts {
  const isVirtual = /^flags\s*:.*\bhypervisor\b/m.test(read(root, "proc/cpuinfo") ?? "");
  const tree = read(root, "proc/device-tree/hypervisor/compatible");
  const emulator = readEmulator(root, cpu);
  return {
    board: read(root, "proc/device-tree/model") ?? read(root, "sys/class/dmi/id/product_name"),
    memoryBytes: totalmem(),
    distribution: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(read(root, "etc/os-release") ?? "")?.[1] ?? null,
    virtual: tree ?? (isVirtual ? (read(root, "sys/class/dmi/id/sys_vendor") ?? "not said") : null),
    governors: [...new Set(ofCores(root, "cpufreq/scaling_governor"))],
    ...(emulator === null ? {} : { emulatedOn: emulator }),
  };
}

/** A processor runs the programs of its own family only. */
const FAMILIES = [
  { cpus: ["x64", "ia32"], machines: /^(x86_64|i[3-6]86)$/, cpuinfo: /^vendor_id\s*:/m },
  { cpus: ["arm64", "arm"], machines: /^(aarch64|arm)/, cpuinfo: /^CPU implementer\s*:/m },
] as const;

/** An emulator of programs (qemu-user) has uname say what it plays, but hands through files: kernel/arch (since Linux 6.1), and cpuinfo. */
function readEmulator(root: string, cpu: string): string | null {
  const cpuinfo = read(root, "proc/cpuinfo") ?? "";
  const machine =
    read(root, "proc/sys/kernel/arch") ??
    (FAMILIES[0].cpuinfo.test(cpuinfo) ? "x86_64" : FAMILIES[1].cpuinfo.test(cpuinfo) ? "aarch64" : "");
  const real = FAMILIES.find(({ machines }) => machines.test(machine));
  const played = FAMILIES.find(({ cpus }) => cpus.some((one) => one === cpu));
  return real === undefined || played === undefined || real === played ? null : machine;
}

export function readMachineState(root = "/"): MachineState {
  const clocks = ofCores(root, "cpufreq/scaling_cur_freq").map((kHz) => Number(kHz) / 1000);
  const said = Array.from((read(root, "proc/cpuinfo") ?? "").matchAll(/^cpu MHz\s*:\s*([\d.]+)$/gm), ([, mhz]) => Number(mhz));
  return {
    load: loadavg(),
    clocksMHz: clocks.length > 0 ? clocks : said,
    temperatures: readTemperatures(root),
    throttling: readThrottling(root),
  };
}

function readTemperatures(root: string): MachineState["temperatures"] {
  const zones = list(root, "sys/class/thermal").filter((name) => name.startsWith("thermal_zone"));
  return zones.flatMap((zone) => {
    const milli = Number(read(root, `sys/class/thermal/${zone}/temp`) ?? Number.NaN);
    return Number.isFinite(milli) ? [{ of: read(root, `sys/class/thermal/${zone}/type`) ?? zone, celsius: milli / 1000 }] : [];
  });
}

/** Bits as in the documentation of Raspberry Pi OS, "vcgencmd", `get_throttled`; those of what has been are 16 higher. */
const HOLDS = ["the voltage is too low", "the clock is capped", "it is throttled", "it is at its soft limit of temperature"] as const;
const SINCE_START = 16;

function readThrottling(root: string): MachineState["throttling"] {
  const hex = read(root, "sys/devices/platform/soc/soc:firmware/get_throttled") ?? askFirmware(root);
  if (hex === null) return null;
  const bits = Number.parseInt(hex, 16);
  const set = (from: number) => HOLDS.filter((_, at) => bits & (1 << (from + at)));
  return Number.isNaN(bits) ? null : { now: set(0), since: set(SINCE_START) };
}

/** Older kernels of a Pi do not show it. */
function askFirmware(root: string): string | null {
  const vcgencmd = root === "/" && read(root, "proc/device-tree/model")?.startsWith("Raspberry Pi") ? findTool("vcgencmd") : undefined;
  if (vcgencmd === undefined) return null;
  const { stdout } = spawnSync(vcgencmd, ["get_throttled"], { encoding: "utf8", timeout: 2000 });
  return /^throttled=0x([\da-f]+)/.exec(stdout ?? "")?.[1] ?? null;
}

function ofCores(root: string, file: string): string[] {
  const cores = list(root, CPUS).filter((name) => /^cpu\d+$/.test(name));
  return cores
    .sort((left, right) => Number(left.slice(3)) - Number(right.slice(3)))
    .flatMap((core) => read(root, `${CPUS}/${core}/${file}`) ?? []);
}

/** A device tree's texts end with a NUL. Null where it is absent, empty, or may not be read. */
function read(root: string, file: string): string | null {
  try {
    return readFileSync(join(root, file), "utf8").replaceAll("\0", " ").trim() || null;
  } catch {
    return null;
  }
}

function list(root: string, folder: string): string[] {
  try {
    return readdirSync(join(root, folder));
  } catch {
    return [];
  }
}
