/** For built-in plugins that announce on segments by a packet program: the config that they have in common, and the announcer. */

import type { Announcement, Announcer, Context, JsonSchema, ProgramRow } from "../announcer.ts";
import { followLinks } from "./follow-links.ts";
import { DEFAULT_EXCLUDE } from "./segment-links.ts";

export interface SegmentConfig {
  readonly interfaces?: readonly string[];
  readonly exclude?: readonly string[];
  readonly refreshSeconds?: number;
  readonly promiscuous?: boolean;
}

const LONGEST_REFRESH_SECONDS = 3600;
/** Where the programs' rows have it, among their attributes (`docs/packet-programs.md`). */
const REFRESH_MS_BYTES = 4;

export const SEGMENT_CONFIG: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    interfaces: { type: "array", items: { type: "string" }, description: "announce only on these; default: all that are fit" },
    exclude: {
      ...{ type: "array", items: { type: "string" }, default: DEFAULT_EXCLUDE },
      description: "never announce on these; * is a wildcard",
    },
    refreshSeconds: {
      ...{ type: "integer", minimum: 0, maximum: LONGEST_REFRESH_SECONDS, default: 0 },
      description: "announce every address again this often, though nothing has changed; 0: never",
    },
    promiscuous: {
      ...{ type: "boolean", default: false },
      description: "have the network cards let in everything: for drivers that drop requests for addresses which they do not know",
    },
  },
};

/** The links to ask permission for: `*` where none is named. */
export function grantedLinks({ interfaces = [] }: SegmentConfig): readonly string[] {
  return interfaces.length > 0 ? interfaces : ["*"];
}

/** Announcements become rows of the plugin's packet program, which does the rest. Resolves when that is on the links that there are. */
export async function announceOnSegments(context: Context, config: SegmentConfig): Promise<Announcer> {
  const { interfaces = [], exclude = DEFAULT_EXCLUDE, refreshSeconds = 0, promiscuous = false } = config;
  await followLinks(context, { interfaces, exclude }, { promiscuous });
  const attributes = new Uint8Array(REFRESH_MS_BYTES);
  new DataView(attributes.buffer).setUint32(0, refreshSeconds * 1000, true);

  return {
    async apply({ added, changed, removed, moved }) {
      // Both are handed over at once, in this order: new rows need not wait until the old ones are gone.
      const removal = context.program.remove(
        removed.map(({ vip }) => vip),
        moved,
      );
      const [refused] = await Promise.all([context.program.put([...added, ...changed].map((row) => toRow(row, attributes))), removal]);
      return refused;
    },
    async stop() {},
  };
}

function toRow({ vip, links, succession }: Announcement, attributes: Uint8Array): ProgramRow {
  return { address: vip, links, state: "active", attributes, ...(succession === undefined ? {} : { succession }) };
}
