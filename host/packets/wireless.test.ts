import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isWireless } from "./wireless.ts";

const WIRELESS = suite("wireless");

WIRELESS("isWireless() knows wireless links by what sysfs has of them, and what stands on one", () => {
  const sysfs = mkdtempSync(join(tmpdir(), "herald-sysfs-"));
  try {
    const folders = [
      "wlan0/wireless",
      "wlp2s0/phy80211",
      "wlan0.7/lower_wlan0",
      "mac0/lower_wlan0.7",
      "eth0/queues",
      "eth0.7/lower_eth0",
      "loop/lower_loop",
    ];
    for (const folder of folders) mkdirSync(join(sysfs, folder), { recursive: true });
    const names = ["wlan0", "wlp2s0", "wlan0.7", "mac0", "eth0", "eth0.7", "loop", "gone"];
    assert.equal(
      names.filter((name) => isWireless(name, sysfs)),
      ["wlan0", "wlp2s0", "wlan0.7", "mac0"],
    );
  } finally {
    rmSync(sysfs, { recursive: true });
  }
});

WIRELESS.run();
