/**
 * What starts and watches this process, such as systemd, hears when Herald is ready, what it does, when it stops, and that it lives
 * (`sd_notify(3)`, `sd_watchdog_enabled(3)`).
 *
 * That it lives is told only while that is true of all of it: the timer runs in the main thread's event loop, so that turns, and it tells
 * nothing unless the packet worker's heart has beaten since it told the last time. A Herald that hangs, in either thread, is started again.
 */

import { visible } from "../observe/log.ts";
import { openNotifySocket, unixNameProblem } from "../packets/notify-socket.ts";

type Environment = Record<string, string | undefined>;

/** What is asked of the role that runs. */
export interface Watched {
  /** Counts up while its packet worker lives; undefined: it has none. */
  readonly beats?: number | undefined;
  /** One line for people, such as `systemctl status` shows. */
  readonly summary: string;
}

export interface ServiceManager {
  /** The role runs. `watched` is asked from then on, until it stops. */
  ready(watched: () => Watched): void;
  stopping(): void;
  close(): void;
}

/** The worker's heart beats every two seconds: asked more often than that, nobody can tell that it lives. */
const LEAST_WATCHDOG_MS = 5000;
/** As long as this is what is asked for, nobody has to know that timers end at 2^31 ms. */
const MOST_WATCHDOG_MS = 86_400_000;
/** How often in that time it is looked whether there is something to tell. */
const LOOKS = 4;
const VARIABLES = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] as const;

const nobody: ServiceManager = { ready() {}, stopping() {}, close() {} };

/** As the environment says, from which that is taken: what Herald starts is not the service. `warn` hears once of each thing that is wrong. */
export function findServiceManager(environment: Environment, warn: (line: string) => void): ServiceManager {
  const { NOTIFY_SOCKET: place, WATCHDOG_USEC: interval, WATCHDOG_PID: pid } = environment;
  for (const name of VARIABLES) delete environment[name];
  if (place === undefined || place === "") return nobody;
  const problem = unixNameProblem(place);
  if (problem !== undefined) {
    warn(`NOTIFY_SOCKET is "${visible(place.slice(0, 120))}": ${problem}; the service manager hears nothing`);
    return nobody;
  }
  const watchdogMs = pid === undefined || pid === String(process.pid) ? readInterval(interval, warn) : undefined;
  return manager(place, watchdogMs, warn);
}

function readInterval(text: string | undefined, warn: (line: string) => void): number | undefined {
  if (text === undefined || text === "") return undefined;
  const intervalMs = /^\d{1,18}$/.test(text) ? Number(text) / 1000 : 0;
  if (intervalMs === 0) {
    warn(`WATCHDOG_USEC is "${visible(text.slice(0, 40))}": expected microseconds; the watchdog hears nothing`);
    return undefined;
  }
  if (intervalMs < LEAST_WATCHDOG_MS) warn(`WATCHDOG_USEC is ${text}: Herald may miss it, expected at least ${LEAST_WATCHDOG_MS * 1000}`);
  return Math.min(intervalMs, MOST_WATCHDOG_MS);
}

function manager(place: string, watchdogMs: number | undefined, warn: (line: string) => void): ServiceManager {
  const socket = openNotifySocket(place);
  let timer: NodeJS.Timeout | undefined;
  let isDeaf = false;
  const tell = (...lines: readonly string[]): boolean => {
    const problem = socket.send(lines.join("\n"));
    if (problem !== undefined && !isDeaf) warn(`Cannot tell the service manager at ${visible(place)}: ${problem}`);
    isDeaf = problem !== undefined;
    return !isDeaf;
  };
  return {
    ready(watched) {
      let { beats: told, summary: said } = watched();
      tell("READY=1", statusLine(said));
      const look = (): void => {
        const { beats, summary } = watched();
        if (summary !== said && tell(statusLine(summary))) said = summary;
        if (watchdogMs === undefined || (beats !== undefined && beats === told)) return;
        if (tell("WATCHDOG=1")) told = beats;
      };
      timer = setInterval(look, (watchdogMs ?? LEAST_WATCHDOG_MS) / LOOKS).unref();
    },
    stopping() {
      clearInterval(timer); // from here on it is the time to stop in that counts
      tell("STOPPING=1", "STATUS=Hands over and stops");
    },
    close() {
      clearInterval(timer);
      socket.close();
    },
  };
}

function statusLine(summary: string): string {
  return `STATUS=${visible(summary)}`;
}
