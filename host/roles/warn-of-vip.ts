/** Tells of a VIP by warnings on the Services that are reached there. */

import type { WarnOfVip } from "../liveness/conflicts.ts";
import type { Announcement, ServiceKey } from "../rules/vocabulary.ts";

export type WarnOfService = (service: ServiceKey, reason: string, message: string) => void;

/** `rows`: of all announcers, as they are now. */
export function warnOfVip(rows: () => Iterable<Pick<Announcement, "vip" | "services">>, warn: WarnOfService): WarnOfVip {
  return (vip, reason, message) => {
    const services = new Set<ServiceKey>();
    for (const row of rows()) if (row.vip === vip) for (const service of row.services) services.add(service);
    for (const service of services) warn(service, reason, message);
  };
}
