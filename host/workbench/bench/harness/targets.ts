/** What a bench is to show, and whether it did. */
import { type Column, formatTable } from "./table.ts";

export interface Target {
  readonly what: string;
  readonly wanted: string;
  /** Null: not measured. */
  readonly found: string | null;
  readonly isMet: boolean | null;
}

export function formatTargets(targets: readonly Target[]): string {
  return `Targets\n${formatTable(columns, targets)}`;
}

const columns: readonly Column<Target>[] = [
  { heading: "target", cell: ({ what }) => what, isText: true },
  { heading: "wanted", cell: ({ wanted }) => wanted, isText: true },
  { heading: "found", cell: ({ found }) => found },
  { heading: "", cell: ({ isMet }) => (isMet === null ? "not measured" : isMet ? "met" : "MISSED"), isText: true },
];
