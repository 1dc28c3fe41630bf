/** The systemd unit: what systemd itself says of it, and what it does on a machine of its own. */

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { heapLimits } from "../../host/workbench/bench/footprint/segment.ts";
import { namespaces, type Requirement, testWith, tool } from "../../host/workbench/testing/requirements.ts";

const SYSTEMD = suite("systemd");
const UNITS = fileURLToPath(new URL("../systemd", import.meta.url));
const DIST = fileURLToPath(new URL("../../dist", import.meta.url));
const BOOT = fileURLToPath(new URL("boot-systemd.sh", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "herald-systemd-"));
const analyze = tool("systemd-analyze", "systemd");
const rootUser: Requirement = { what: "root", remedy: "run as root", isMet: () => process.getuid?.() === 0 };

/** `path:/place` of a drop-in, by what it adds. */
const variants: Readonly<Record<string, readonly string[]>> = {
  alone: [],
  "in a cluster": ["cluster.conf"],
  "with plugins": ["plugins.conf"],
};

/** The unit with drop-ins, of a program and a Node that are here. */
function unitWith(name: string, dropIns: readonly string[]): string {
  const place = join(folder, name.replaceAll(" ", "-"));
  mkdirSync(join(place, "herald.service.d"), { recursive: true });
  const here = (file: string) =>
    readFileSync(join(UNITS, file), "utf8").replaceAll("/opt/herald/", `${DIST}/`).replaceAll("/usr/bin/node", process.execPath);
  writeFileSync(join(place, "herald.service"), here("herald.service"));
  for (const file of dropIns) writeFileSync(join(place, "herald.service.d", file), here(file));
  return join(place, "herald.service");
}

function run(command: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], SYSTEMD_LOG_COLOR: "0" },
  });
  return { status, output: `${stdout}${stderr}`.trim() };
}

for (const [name, dropIns] of Object.entries(variants)) {
  testWith(SYSTEMD, [analyze], `the unit ${name} is one that systemd finds nothing wrong with`, () => {
    assert.equal(run("systemd-analyze", "verify", "--man=no", unitWith(name, dropIns)), { status: 0, output: "" });
  });
}

SYSTEMD("footprint and soak are measured with the heap that the unit allows", () => {
  assert.match(readFileSync(join(UNITS, "herald.service"), "utf8"), `Environment=NODE_OPTIONS="${heapLimits}"`);
});

// Tenths of its exposure, which is 0 to 10: what remains is the network, of which Herald is a part, and packet sockets.
for (const [name, threshold] of Object.entries({ alone: 20, "with plugins": 30 })) {
  testWith(SYSTEMD, [analyze], `of the unit ${name} little is exposed`, () => {
    const { status, output } = run(
      "systemd-analyze",
      "security",
      "--offline=yes",
      `--threshold=${threshold}`,
      unitWith(name, variants[name] ?? []),
    );
    assert.is(status, 0, output);
  });
}

const MANIFESTS = `
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: { name: home }
spec: { addresses: [192.0.2.240-192.0.2.250] }
---
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: { name: home }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: LoadBalancer, ports: [{ port: 80 }] }
`;

const WATCH = `
tell() { systemctl show -p NRestarts,ActiveState,StatusText,User,Result herald.service | sort | paste -sd' '; }
until_active() { for i in $(seq 100); do sleep 0.3; q=$(systemctl show -p MainPID --value herald.service); [ "$q" != 0 ] && [ "$q" != "$1" ] && systemctl -q is-active herald.service && return; done; }
until_active none
echo "started: $(tell)"
grep -E 'CapBnd|CapEff|NoNewPrivs|Seccomp:' /proc/$q/status | tr -d '\\t' | paste -sd' '
for i in $(seq 50); do node /opt/herald/herald.mjs status 2>&1 | grep announced && break; sleep 0.3; done
for i in $(seq 50); do systemctl show -p StatusText --value herald.service | grep '1 of 1' && break; sleep 0.3; done
kill -STOP $q
until_active $q
echo "after SIGSTOP: $(tell)"
systemctl stop herald.service
echo "stopped: $(tell)"
`;

testWith(
  SYSTEMD,
  [analyze, namespaces, rootUser],
  "systemd starts it, hears that it is ready, starts it again when it hangs, and stops it",
  () => {
    cpSync(DIST, join(folder, "dist"), { recursive: true });
    cpSync(UNITS, join(folder, "systemd"), { recursive: true });
    mkdirSync(join(folder, "etc-herald"));
    writeFileSync(join(folder, "etc-herald/home.yaml"), MANIFESTS);
    // The shortest time that Herald promises, and Node where it is here.
    const unit = readFileSync(join(UNITS, "herald.service"), "utf8").replaceAll("/usr/bin/node", process.execPath);
    writeFileSync(join(folder, "systemd/herald.service"), unit);
    writeFileSync(
      join(folder, "test.conf"),
      "[Unit]\nDefaultDependencies=no\n[Service]\nWatchdogSec=5\nStandardOutput=null\nStandardError=null\n",
    );
    writeFileSync(join(folder, "watch.sh"), WATCH);
    const spaces = ["--mount", "--pid", "--fork", "--kill-child", "--net", "--uts", "--ipc", "--cgroup"];
    const { stdout, stderr } = spawnSync("unshare", [...spaces, "bash", BOOT, folder], {
      encoding: "utf8",
      timeout: 150_000,
      killSignal: "SIGKILL",
    });
    const watched = readFileSync(join(folder, "watched"), "utf8");
    const says = (what: RegExp): void => assert.match(watched, what, `${watched}\n${stdout}${stderr}`);
    says(/^started: ActiveState=active NRestarts=0 Result=success StatusText=n: \d of \d announcements made User=herald$/m);
    says(/CapEff:0000000000002000 CapBnd:0000000000002000 NoNewPrivs:1 Seccomp:2/);
    says(/^192\.0\.2\.240 +arp +announced +owner/m);
    says(/^n: 1 of 1 announcements made$/m);
    says(/^after SIGSTOP: ActiveState=active NRestarts=1 /m);
    says(/^stopped: ActiveState=inactive NRestarts=1 Result=success /m);
  },
);

SYSTEMD.after(() => rmSync(folder, { recursive: true, force: true }));
SYSTEMD.run();
