/** The packet service in this very thread, on the in-memory wire: for tests, and where no real wire may be opened. */

import type { GroupReport } from "../liveness/ownership/ownership.ts";
import { OwningEngine } from "../liveness/ownership/owning-engine.ts";
import { EventLoopDriver } from "./drivers.ts";
import type { RawEvent } from "./program.ts";
import type { PacketService } from "./service.ts";
import type { Wire } from "./wire.ts";

export function localService(wire: Wire): PacketService {
  const listeners = new Set<(program: string, event: RawEvent) => void>();
  const stateListeners = new Set<(program: string, states: Uint8Array) => void>();
  const reportListeners = new Set<(reports: readonly GroupReport[]) => void>();
  const engine: OwningEngine = new OwningEngine(wire, () => driver.schedule());
  const driver = new EventLoopDriver(engine, () => {
    for (const { program, event } of engine.takeEvents()) for (const call of listeners) call(program, event);
    for (const { program, states } of engine.takeStates()) for (const call of stateListeners) call(program, states);
    const reports = engine.takeReports();
    if (reports.length > 0) for (const call of reportListeners) call(reports);
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
    onEvent(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onStates(listener) {
      stateListeners.add(listener);
      return () => void stateListeners.delete(listener);
    },
    onReports(listener) {
      reportListeners.add(listener);
      return () => void reportListeners.delete(listener);
    },
    // This thread has much else to do.
    onLate: () => () => {},
    async stop() {
      driver.stop();
      engine.close();
    },
  };
}
