/** What a trial has found, as the tables that a screen shows. */

import type { Table } from "./screen.ts";
import { cellsOf, ROUTES, routeCells, SERVICES } from "./table-text.ts";
import type { View } from "./trial.ts";

/** Services first; a table without rows is left out where there is another. `isOver`: nothing more will be found. */
export function tablesOf({ rows, routes }: View, isOver = false): Table[] {
  const services = rows.map(({ result, isPending: pending }) => {
    const isPending = pending && !isOver;
    const cells = cellsOf(result, isPending);
    return { cells, isPending, key: cells.slice(0, 2).join(" ") };
  });
  const learned = routes.map(({ result, isPending: pending }) => {
    const isPending = pending && !isOver;
    const cells = routeCells(result, isPending);
    return { cells, isPending, key: `${cells.slice(0, 2).join(" ")} on ${result.router ?? "no router"}` };
  });
  const tables = [
    { columns: SERVICES, rows: services },
    { columns: ROUTES, rows: learned },
  ];
  const filled = tables.filter((table) => table.rows.length > 0);
  return filled.length > 0 ? filled : tables.slice(0, 1);
}
