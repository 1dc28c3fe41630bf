/** What is tried on each ARM: that the shipped program starts, answers neighbors, speaks BGP, keeps a plugin's process, and measures. */

import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { routerNeeds } from "../bgp-peers/routers.ts";
import { until } from "../bgp-peers/until.ts";
import { insideTests } from "../testing/inside.ts";
import { tool } from "../testing/requirements.ts";
import { type ArmCpu, ArmProgram, armNeeds } from "./emulation.ts";
import { LIMIT_MS, output } from "./output.ts";
import { type ArmStage, BOX, startArmStage, VIPS } from "./stage.ts";

export function testOnArm<T>(suite: Test<T>, url: string, cpu: ArmCpu): void {
  const inside = insideTests(suite, url, { asUser: true, limitMs: LIMIT_MS, end: async () => (await stage)?.herald.end("SIGKILL") });
  const needs = [...armNeeds(cpu), ...routerNeeds("bird")];
  let program: ArmProgram | undefined;
  let stage: Promise<ArmStage> | undefined;
  const shipped = (): ArmProgram => (program ??= new ArmProgram(cpu));
  const running = (): Promise<ArmStage> => (stage ??= startArmStage(shipped()));

  inside("the shipped program starts and says its version", needs, async () => {
    running().catch(() => undefined); // those who ask it next are told
    assert.match(await output(shipped().herald("--version")), /^\d+\.\d+\.\d+\n$/);
    assert.is(await output(shipped().node("-p", "process.arch")), `${cpu}\n`);
  });

  inside("herald run says on its control socket what is announced", needs, async () => {
    const { status } = await running();
    const isOwn = ({ name }: { name: string }): boolean => name !== "hello";
    const announcers = await until("announcements", async () => {
      const now = (await status()).announcers.filter(isOwn);
      return now.length === 3 && now.every(({ desired, announced }) => desired > 0 && announced === desired) ? now : undefined;
    });
    assert.equal(
      announcers.map(({ name, announced, failures }) => [name, announced, failures]),
      [
        ["arp", 1, 0],
        ["ndp", 1, 0],
        ["bgp", 2, 0],
      ],
    );
    assert.is((await status()).source.problems, 0);
  });

  inside("a client of another machine finds both addresses", [...needs, tool("arping"), tool("ndisc6")], async () => {
    const { network } = await running();
    const ask = async (...command: string[]): Promise<string> => (await output(network.on("client", ...command))).toLowerCase();
    const mac = network.mac("box");
    assert.match(await ask("arping", "-c", "1", "-W", "5", "-i", "eth0", VIPS[4]), `from ${mac} (${VIPS[4]})`);
    assert.match(await ask("ndisc6", "-1", "-w", "5000", VIPS[6], "eth0"), mac);
  });

  inside("a router learns the route", needs, async () => {
    const { router } = await running();
    const [route] = await until("route", async () => {
      const routes = await router.routes();
      return routes.length > 0 ? routes : undefined;
    });
    assert.equal([route?.prefix, route?.nextHops, route?.asPath], [`${VIPS[4]}/32`, [BOX.address], [BOX.asNumber]]);
    assert.is((await router.session(BOX.address)).state, "established");
  });

  inside("a plugin of somebody else has a process of its own on that CPU, and its packet program answers", needs, async () => {
    const { status, herald, helloAnswers } = await running();
    const plugin = async () => (await status()).plugins.find(({ name }) => name === "hello");
    const ready = async (): Promise<boolean> => (await plugin())?.state === "running" && helloAnswers(VIPS[4]);
    await herald.until(ready, LIMIT_MS - 10_000);
    assert.is((await plugin())?.isolation, "same uid, no network");
  });

  inside("when it ends, the router loses the route", needs, async () => {
    const { router, herald } = await running();
    assert.is((await router.routes()).length, 1);
    await herald.end("SIGTERM");
    await until("withdrawal", async () => (await router.routes()).length === 0 || undefined);
    await router.stop();
  });
}
