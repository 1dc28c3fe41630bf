import { suite } from "uvu";
import * as assert from "uvu/assert";
import { lineScreen } from "./line-screen.ts";
import type { Picture, Table } from "./screen.ts";
import { cellsOf, formatMicros, ROUTES, routeCells, SERVICES } from "./table-text.ts";
import { terminalScreen } from "./terminal-screen.ts";

const SCREEN = suite("screen");

const result = {
  name: "default/web",
  vip: "192.0.2.240",
  pool: "home",
  owner: "node-a",
  mac: "02:00:00:00:00:0a",
  ownerMac: "02:00:00:00:00:0a",
  resolved: true,
  reached: "node-a",
  firstReplyMicros: 83.4,
};
const open = { ...result, mac: null, reached: null, firstReplyMicros: null };

const route = {
  ...{ name: "default/photos", vip: "198.51.100.1", pool: "routed", router: "router", prefix: "198.51.100.1/32" },
  ...{ nextHops: ["node-a", "node-b"], expectedNextHops: ["node-a", "node-b"], learned: true, reached: "node-b", learnedInMs: 42 },
};
const openRoute = { ...route, nextHops: [], reached: null, learnedInMs: null };

function table(rows: readonly { result: Parameters<typeof cellsOf>[0]; isPending?: boolean }[]): Table {
  const toRow = ({ result: { name, vip }, isPending = false }: (typeof rows)[number], cells: string[]) => {
    return { key: `${name.replace("default/", "")} ${vip}`, cells, isPending };
  };
  return { columns: SERVICES, rows: rows.map((row) => toRow(row, cellsOf(row.result, row.isPending ?? false))) };
}

function routes(isPending: boolean): Table {
  return {
    columns: ROUTES,
    rows: [{ key: "photos 198.51.100.1 on router", cells: routeCells(isPending ? openRoute : route, isPending), isPending }],
  };
}

function picture(parts: Partial<Picture> = {}): Picture {
  return { tables: [table([{ result }])], complaints: [], hints: ["Ctrl-C ends"], ...parts };
}

const TABLE = `
SERVICE  VIP          POOL  OWNER   MAC                REACHED  REPLY IN
web      192.0.2.240  home  node-a  02:00:00:00:00:0a  node-a   83 µs
`;

/** What a terminal of this size shows, for the few control sequences that we use. */
function terminal(columns: number, rows: number) {
  const lines: string[] = [""];
  let highest = 0;
  return {
    columns,
    rows,
    /** Lines that a redraw would have had to reach above the top of the terminal. */
    get overflow() {
      return highest - rows;
    },
    get text() {
      return lines.join("\n");
    },
    write(text: string) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences are what is looked for
      const [, up, rest = ""] = /^(?:\u001b\[(\d+)A\r\u001b\[J)?([\s\S]*)$/.exec(text) ?? [];
      if (up !== undefined) lines.splice(lines.length - 1 - Number(up), Number(up) + 1, "");
      highest = Math.max(highest, rest.split("\n").length);
      for (const [at, part] of rest.split("\n").entries()) {
        if (at === 0) lines[lines.length - 1] += part;
        else lines.push(part);
      }
    },
  };
}

SCREEN("a terminal is redrawn in place, with what happened above", () => {
  const out = terminal(80, 24);
  const screen = terminalScreen(out, false);
  screen.say("Hello");
  screen.show(picture({ tables: [table([{ result: open, isPending: true }])] }));
  screen.say("Something happened");
  screen.show(picture());
  assert.is(out.text, `Hello\nSomething happened\n${TABLE}\nCtrl-C ends\n`);
});

SCREEN("a terminal is not written where nothing changed", () => {
  const writes: string[] = [];
  const screen = terminalScreen({ columns: 80, rows: 24, write: (text) => writes.push(text) }, true);
  screen.show(picture());
  screen.show(picture());
  assert.is(writes.length, 1);
});

SCREEN("a picture is never higher or wider than the terminal", () => {
  const out = terminal(60, 20);
  const rows = Array.from({ length: 100 }, (_, at) => ({ result: { ...result, name: `some-namespace/service-${at}` } }));
  const complaints = Array.from(
    { length: 50 },
    (_, at) => `default/service-${at} does not resolve, and this is said in a line that is far too long`,
  );
  const screen = terminalScreen(out, false);
  screen.show(picture({ tables: [table(rows), routes(false)], complaints }));
  screen.show(picture({ tables: [table(rows.slice(1)), routes(false)], complaints }));
  assert.ok(out.overflow <= 0, `${out.overflow} lines too many`);
  const widest = Math.max(...out.text.split("\n").map(({ length }) => length));
  assert.ok(widest <= 80, "names are cut to eight letters, and no further");
  assert.match(out.text, /… and \d+ more lines/);
});

SCREEN("control sequences of others are shown, not obeyed", () => {
  const out = terminal(80, 24);
  terminalScreen(out, false).show(picture({ complaints: ["evil \u001b[2J text"] }));
  assert.match(out.text, /evil \\x1b\[2J text/);
});

SCREEN("lines are printed when all has settled, then once a change", () => {
  let text = "";
  const screen = lineScreen((more) => (text += more));
  screen.show(picture({ tables: [table([{ result: open, isPending: true }])] }));
  assert.is(text, "", "nothing is known yet");
  screen.show(picture());
  screen.show(picture());
  assert.is(text, `${TABLE}\nCtrl-C ends\n\n`);
  text = "";
  screen.show(picture({ tables: [table([{ result: { ...result, owner: "node-b" } }])], complaints: ["wrong"] }));
  screen.show(picture({ tables: [table([])], complaints: ["wrong"] }));
  assert.is(text, "web      192.0.2.240  home  node-b  02:00:00:00:00:0a  node-a   83 µs\nwrong\nweb 192.0.2.240 is gone\n");
});

const ROUTE_TABLE = `
SERVICE  VIP           POOL    ROUTER  NEXT HOPS       REACHED  LEARNED IN
photos   198.51.100.1  routed  router  node-a, node-b  node-b   42 ms
`;

SCREEN("a terminal has the routes below the services", () => {
  const out = terminal(80, 24);
  const screen = terminalScreen(out, false);
  screen.show(picture({ tables: [table([{ result }]), routes(true)] }));
  assert.match(out.text, /^photos +198\.51\.100\.1 +routed +router +\.\.\. +\.\.\. +\.\.\.$/m);
  screen.show(picture({ tables: [table([{ result }]), routes(false)] }));
  assert.is(out.text, `${TABLE}${ROUTE_TABLE}\nCtrl-C ends\n`);
});

SCREEN("lines have the heads of a table once, and wait for the rows of all at first", () => {
  let text = "";
  const screen = lineScreen((more) => (text += more));
  screen.show(picture({ tables: [table([{ result }]), routes(true)] }));
  assert.is(text, "");
  screen.show(picture({ tables: [table([{ result }]), routes(false)] }));
  assert.is(text, `${TABLE}${ROUTE_TABLE}\nCtrl-C ends\n\n`);
  text = "";
  screen.show(picture({ tables: [table([{ result }])] }));
  screen.show(picture({ tables: [table([{ result }]), routes(false)] }));
  assert.is(text, "photos 198.51.100.1 on router is gone\nphotos   198.51.100.1  routed  router  node-a, node-b  node-b   42 ms\n");
});

SCREEN("formatMicros() has two or three digits", () => {
  assert.is(formatMicros(83.4), "83 µs");
  assert.is(formatMicros(1234), "1.2 ms");
});

SCREEN.run();
