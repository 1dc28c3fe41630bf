/** Keeps the Lease of this speaker, with the links that its layer 2 announcers may announce on. */

import { DEFAULT_EXCLUDE, type Link, type SegmentConfig } from "../announcer.ts";
import { SpeakerLease, type SpeakerLeaseOptions } from "../cluster/kubernetes/speakers/speaker-lease.ts";
import { whyNot } from "../contract/segment-links.ts";
import type { End } from "./ends.ts";
import type { Accompanied } from "./speaker.ts";

/** The resource of announcers that announce on segments; the config of Herald's own is a `SegmentConfig`. */
const SEGMENT_KIND = "L2Advertisement";

/** Ends at once where a successor follows, else with the word that this node leaves. */
export function keepSpeakerLease(options: SpeakerLeaseOptions, { source, plugins, network, drain }: Accompanied): End {
  const { translated } = source;
  const lease = new SpeakerLease(options);
  const say = (): void => {
    const segments = [...plugins.runs.values()].filter(({ kind, supply }) => kind === SEGMENT_KIND && supply.origin.kind !== "other");
    const links = fitLinks(
      network.links.all(),
      segments.map((run) => (translated.config(run.lane.name) ?? {}) as SegmentConfig),
    );
    lease.say({ links: links.map(({ name }) => name), macs: links.map(({ mac }) => mac), isLeaving: drain.isOn });
  };
  const closes = [network.links.watch(say), translated.onConfig(say), drain.onChange(say)];
  lease.start();
  return async (why) => {
    for (const close of closes) close();
    await lease.close(why === "leave");
  };
}

/** Those that are up and that any of these announces on. */
function fitLinks(links: readonly Link[], configs: readonly SegmentConfig[]): readonly Link[] {
  const isFit = (link: Link): boolean =>
    configs.some(({ interfaces = [], exclude = DEFAULT_EXCLUDE }) => whyNot(link, { interfaces, exclude }) === undefined);
  return links.filter((link) => link.up && isFit(link));
}
