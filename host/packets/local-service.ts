/** The packet service in this very thread, on the in-memory wire: for tests, and where no real wire may be opened. */

import type { GroupReport } from "../liveness/ownership/ownership.ts";
import { OwningEngine } from "../liveness/ownership/owning-engine.ts";
import { EventLoopDriver } from "./drivers.ts";
import { GuardedEngine } from "./guarded/guarded-engine.ts";
import { Listeners } from "./listeners.ts";
import type { RawEvent } from "./program.ts";
import type { GuardedService, PacketService } from "./service.ts";
import type { Wire } from "./wire.ts";

export function localService(wire: Wire): PacketService {
  return serve(wire, OwningEngine);
}

/** As `localService`, for programs that are not built in. */
export function localGuardedService(wire: Wire): GuardedService {
  return serve(wire, GuardedEngine);
}

function serve(wire: Wire, Engine: typeof OwningEngine | typeof GuardedEngine): GuardedService {
  const events = new Listeners<[program: string, event: RawEvent]>();
  const changes = new Listeners<[program: string, states: Uint8Array]>();
  const standings = new Listeners<[reports: readonly GroupReport[]]>();
  const losses = new Listeners<[program: string, reason: string]>();
  // What an engine does not have, nobody asks it for: as in a worker.
  const engine = new Engine(wire, () => driver.schedule()) as OwningEngine & GuardedEngine;
  const driver = new EventLoopDriver(engine, () => {
    for (const { program, event } of engine.takeEvents()) events.tell(program, event);
    for (const { program, states } of engine.takeStates()) changes.tell(program, states);
    const reports = engine.takeReports();
    if (reports.length > 0) standings.tell(reports);
    if (Engine === GuardedEngine) for (const { program, reason } of engine.takeLosses()) losses.tell(program, reason);
  });
  const call = async <Result>(run: () => Result): Promise<Result> => {
    const result = run();
    driver.wake();
    return result;
  };
  return {
    wire: wire.kind,
    problem: undefined,
    addProgram: (...args) => call(() => engine.addProgram(...args)),
    removeProgram: (...args) => call(() => engine.removeProgram(...args)),
    attach: (...args) => call(() => engine.attach(...args)),
    openDatagrams: (...args) => call(() => engine.openDatagrams(...args)),
    closeDatagrams: (...args) => call(() => engine.closeDatagrams(...args)),
    put: (...args) => call(() => engine.put(...args)),
    remove: (...args) => call(() => engine.remove(...args)),
    setPeers: (...args) => call(() => engine.setPeers(...args)),
    setWitnesses: (...args) => call(() => engine.setWitnesses(...args)),
    ask: (...args) => call(() => engine.ask(...args)),
    claimOf: (...args) => call(() => engine.claimOf(...args)),
    depose: (...args) => call(() => engine.depose(...args)),
    leave: (...args) => call(() => engine.leave(...args)),
    statistics: () => call(() => engine.statistics()),
    counters: (...args) => call(() => engine.counters(...args)),
    setRules: (...args) => call(() => engine.setRules(...args)),
    assign: (...args) => call(() => engine.assign(...args)),
    onEvent: events.add,
    onStates: changes.add,
    onReports: standings.add,
    onProgramLost: losses.add,
    // This thread has much else to do.
    onLate: () => () => {},
    async stop() {
      driver.stop();
      engine.close();
    },
  };
}
