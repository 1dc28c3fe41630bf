/** The power to know more of the Services that are announced than their announcements say. */

import type { Close } from "../announcer.ts";
import type { Labels } from "../rules/vocabulary.ts";

export interface ServiceInfo {
  /** `namespace/name`, as in `Announcement.services`. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  /** Those that were asked for and are there. */
  readonly annotations: Labels;
  readonly ports: readonly { readonly protocol: "TCP" | "UDP" | "SCTP"; readonly port: number }[];
}

export interface Services {
  /**
   * Calls back at once and at every change, with all Services that the plugin's announcements name, sorted by key. Throws NotCapable where
   * an annotation was not granted.
   */
  watch(annotations: readonly string[], call: (services: readonly ServiceInfo[]) => void): Close;
}
