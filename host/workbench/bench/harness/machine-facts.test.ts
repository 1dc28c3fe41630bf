import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readMachineFacts, readMachineState } from "./machine-facts.ts";

const facts = suite("machine facts");

const roots: string[] = [];
facts.after(() => {
  for (const root of roots) rmSync(root, { recursive: true });
});

function rootOf(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "herald-machine-"));
  roots.push(root);
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), content);
  }
  return root;
}

const cores = (of: (at: number) => string, file: string) =>
  Object.fromEntries([0, 1, 2, 10].map((at) => [`sys/devices/system/cpu/cpu${at}/cpufreq/${file}`, of(at)]));

const pi = rootOf({
  "proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.5\0",
  "proc/cpuinfo": "processor\t: 0\nBogoMIPS\t: 108.00\n",
  "etc/os-release": 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
  ...cores(() => "ondemand\n", "scaling_governor"),
  ...cores((at) => `${600_000 + at * 1000}\n`, "scaling_cur_freq"),
  "sys/devices/system/cpu/cpufreq/boost": "1",
  "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
  "sys/class/thermal/thermal_zone0/temp": "82173\n",
  "sys/class/thermal/cooling_device0/type": "fan\n",
  "sys/devices/platform/soc/soc:firmware/get_throttled": "50004\n",
});

facts("readMachineFacts() reads a board's device tree", () => {
  const { memoryBytes, ...found } = readMachineFacts(pi);
  assert.equal(found, {
    board: "Raspberry Pi 4 Model B Rev 1.5",
    distribution: "Debian GNU/Linux 12 (bookworm)",
    virtual: null,
    governors: ["ondemand"],
  });
  assert.ok(memoryBytes > 1e8);
});

facts("readMachineState() reads clocks in the order of cores, heat, and what holds a Pi back", () => {
  const { load, ...found } = readMachineState(pi);
  assert.is(load.length, 3);
  assert.equal(found, {
    clocksMHz: [600, 601, 602, 610],
    temperatures: [{ of: "cpu-thermal", celsius: 82.173 }],
    throttling: { now: ["it is throttled"], since: ["the voltage is too low", "it is throttled"] },
  });
});

facts("readMachineFacts() and readMachineState() see a virtual machine", () => {
  const root = rootOf({
    "proc/cpuinfo": "model name\t: Xeon\ncpu MHz\t\t: 2500.250\nflags\t\t: fpu sse2 hypervisor lahf\n\ncpu MHz\t\t: 2400.000\n",
    "sys/class/dmi/id/product_name": "Standard PC (Q35 + ICH9, 2009)\n",
    "sys/class/dmi/id/sys_vendor": "QEMU\n",
  });
  const { board, virtual, governors } = readMachineFacts(root);
  assert.equal([board, virtual, governors], ["Standard PC (Q35 + ICH9, 2009)", "QEMU", []]);
  assert.equal(readMachineState(root).clocksMHz, [2500.25, 2400]);
  assert.is(readMachineState(root).throttling, null);
});

facts("readMachineFacts() and readMachineState() bear a machine that says nothing", () => {
  const root = rootOf({ "sys/class/thermal/thermal_zone0/temp": "hot", "sys/devices/platform/soc/soc:firmware/get_throttled": "?" });
  const { board, distribution, virtual, governors } = readMachineFacts(root);
  assert.equal([board, distribution, virtual, governors], [null, null, null, []]);
  const { clocksMHz, temperatures, throttling } = readMachineState(root);
  assert.equal([clocksMHz, temperatures, throttling], [[], [], null]);
});

facts("readMachineFacts() sees that the CPU is one that qemu plays", () => {
  const emulated = (files: Readonly<Record<string, string>>, cpu: string) => readMachineFacts(rootOf(files), cpu).emulatedOn;
  const [intel, arm] = ["processor\t: 0\nvendor_id\t: GenuineIntel\n", "processor\t: 0\nCPU implementer\t: 0x41\n"];
  const arch = (name: string) => ({ "proc/sys/kernel/arch": `${name}\n` });
  for (const cpu of ["arm64", "arm"]) {
    assert.is(emulated({ ...arch("x86_64"), "proc/cpuinfo": arm }, cpu), "x86_64");
    assert.is(emulated({ "proc/cpuinfo": intel }, cpu), "x86_64", "before Linux 6.1");
    assert.is(emulated({ ...arch("aarch64"), "proc/cpuinfo": arm }, cpu), undefined, "arm programs run on arm64");
    assert.is(emulated({ "proc/cpuinfo": arm }, cpu), undefined);
    assert.is(emulated({}, cpu), undefined);
  }
  assert.is(emulated(arch("aarch64"), "x64"), "aarch64");
  assert.is(emulated(arch("x86_64"), "ia32"), undefined);
  assert.is(emulated(arch("x86_64"), "riscv64"), undefined, "what nothing is known of");
});

facts.run();
