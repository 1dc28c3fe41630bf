/** The lab's usual router: `herald bgp listen` of this very program, which tells each event as a line of JSON. */

import { spawn } from "node:child_process";
import { LearnedRoutes, type RouterEvent } from "./learned-routes.ts";
import { readLines } from "./lines.ts";
import type { RouterPlan } from "./router-plan.ts";
import type { OnHost, RouterHooks, RouterProgram, RunningRouter } from "./running-router.ts";

/** A router that has not begun to listen by then is tried without. */
const START_MS = 5000;

/** Nodes may come and go: it takes sessions from anybody. */
export const listeningRouter: RouterProgram = {
  start: startListening,
  fixed: ({ neighbors, ...plan }) => ({ ...plan, signing: neighbors.filter(({ key }) => key !== undefined) }),
};

async function startListening(plan: RouterPlan, on: OnHost, { onChange, onLost, onLog }: RouterHooks): Promise<RunningRouter> {
  const { address, port, asNumber, neighbors } = plan;
  const signed = neighbors.flatMap(({ address: peer, key }) => (key === undefined ? [] : ["--md5", `${peer}=${key}`]));
  const flags = ["--asn", String(asNumber), "--address", address, "--port", String(port), "--json", ...signed];
  const [file, ...args] = on(process.execPath, ...process.execArgv, process.argv[1] ?? "", "bgp", "listen", ...flags);
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
  const learned = new LearnedRoutes();
  let isStopping = false;
  let last = "";
  const ended = new Promise<void>((resolve) => {
    child.once("close", (code, signal) => {
      resolve();
      if (!isStopping) onLost(last || (signal ?? `exit code ${code}`));
    });
  });
  readLines(child.stderr, (line) => {
    last = line;
    onLog(line);
  });
  const listening = new Promise<void>((resolve) => {
    readLines(child.stdout, (line) => {
      onLog(line);
      const event = JSON.parse(line) as RouterEvent;
      if (event.event === "listening") resolve();
      if (learned.take(event)) onChange();
    });
  });
  const late = new Promise<void>((resolve) => void setTimeout(resolve, START_MS).unref());
  await Promise.race([listening, ended, late]);
  return {
    learned,
    async stop() {
      isStopping = true;
      child.kill("SIGTERM");
      await ended;
    },
  };
}
