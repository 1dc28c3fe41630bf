/** One lab on the ground that it was given: control, speakers, and then once with a verdict, or until the user has seen enough. */

import type { PluginDefinition } from "../../announcer.ts";
import { createRank } from "../../packets/rank.ts";
import { followLab } from "./follow-lab.ts";
import type { Ground, GroundEvents, SpeakerEnd } from "./ground.ts";
import type { LabIo } from "./io.ts";
import { judgeLab } from "./judge-lab.ts";
import { Trial } from "./trial.ts";
import type { Workplace } from "./workplace.ts";

export interface LabRun {
  /** As the user named them. */
  readonly manifests: string;
  readonly once: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly plugins: readonly PluginDefinition[];
  readonly place: Workplace;
  readonly makeGround: (events: GroundEvents) => Ground;
  /** Resolves when the user wants it to end. */
  readonly letGo: Promise<void>;
}

const INTERRUPTED = 130;

/** Resolves to the exit code; everything is stopped then. */
export async function runOnGround(run: LabRun, io: LabIo): Promise<number> {
  const { place, once, letGo } = run;
  let lose: (error: Error) => void = () => {};
  const lost = new Promise<never>((_, reject) => {
    lose = reject;
  });
  lost.catch(() => {}); // it may come when nobody waits any more
  const ground = run.makeGround({
    onLost: lose,
    onRoutes: () => trial.routesChanged(),
    onLog: (line) => run.verbose && io.screen.say(line),
    onSpeakerEnd(end) {
      const lines = describeEnd(end);
      if (once) return lose(new Error(lines.join("\n")));
      for (const line of lines) io.screen.say(line);
      io.screen.say(`The speaker on ${end.node} starts again in a second`);
      trial.doubt(end.node);
    },
  });
  const trial = new Trial({ place, plugins: run.plugins, rank: createRank(), ground, onLost: lose });
  const go = async (): Promise<number> => {
    await trial.prepare();
    if (!(await passControl(trial, run, io))) return 1;
    await trial.start();
    return once ? await judgeLab(trial, ground, run, io) : await followLab(trial, ground, run, io);
  };
  try {
    return await Promise.race([go(), lost, letGo.then(() => (once ? INTERRUPTED : 0))]);
  } catch (error) {
    io.complain((error as Error).message);
    return 1;
  } finally {
    trial.end();
    place.close();
    await ground.close();
  }
}

/** Without it nothing that the client learns later would prove anything. */
async function passControl(trial: Trial, { manifests, place }: LabRun, io: LabIo): Promise<boolean> {
  const { vips, routes, answered } = await trial.control();
  for (const line of answered) io.complain(`Control failed: with all speakers off ${line}`);
  if (answered.length > 0) return false;
  const { nodes, services } = place.store.snapshot();
  const madeUp = place.areNodesMadeUp ? " (made up: the manifests name none)" : "";
  const wanting = [...services.values()].filter(({ type }) => type === "LoadBalancer").length;
  io.say(`Manifests: ${manifests}: ${count(wanting, "Service")} of type LoadBalancer, ${count(nodes.size, "node")}${madeUp}.`);
  const sixes = vips.filter((vip) => vip.includes(":")).length;
  const protocols = { ARP: vips.length - sixes, NDP: sixes };
  const tried = Object.entries(protocols).flatMap(([name, number]) => (number > 0 ? [`${number} by ${name}`] : []));
  const resolved = vips.length > 0 ? [`the client resolves no VIP (tried ${tried.join(", ")})`] : [];
  const routed = routes > 0 ? [`no router has a route to one (${routes} tried)`] : [];
  if (vips.length + routes > 0) io.say(`Control: with all speakers off ${[...resolved, ...routed].join(", and ")}. Starting the speakers.`);
  return true;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function describeEnd({ node, how, log }: SpeakerEnd): string[] {
  // Whoever killed it knows why; of what it did by itself the log tells.
  const tail = how.startsWith("SIG") ? [] : log.map((line) => `  ${line}`);
  return [`The speaker on ${node} ended (${how})`, ...tail];
}
