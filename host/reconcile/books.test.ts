import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Announcement, Changes } from "../announcer.ts";
import { Books } from "./books.ts";

const BOOKS = suite("Books");

const announce = (n: number, service = "default/web"): Announcement => ({
  vip: `192.0.2.${n}`,
  family: 4,
  links: null,
  services: [service],
  attributes: {},
});

const nobody = new Set<string>();
const texts = (changes: Changes | undefined) =>
  changes &&
  Object.fromEntries(
    Object.entries(changes).map(([kind, rows]) => [kind, rows.map(({ vip, services }: Announcement) => `${vip} ${services[0]}`).sort()]),
  );

function settle(books: Books, refused: ReadonlySet<string> = nobody): void {
  const changes = books.take();
  if (changes !== undefined) books.settle(changes, refused);
}

BOOKS("a row given out is unsure until it is settled", () => {
  const books = new Books();
  books.desire("192.0.2.1", announce(1));
  const states = () => Array.from(books.rows(), ({ state }) => state);
  assert.equal(states(), ["untold"]);
  const changes = books.take();
  assert.equal(states(), ["unsure"]);
  assert.is(books.take(), undefined, "given out once");
  books.settle(changes as Changes, nobody);
  assert.equal(states(), ["told"]);
  books.desire("192.0.2.1", announce(1, "default/api"));
  assert.equal(states(), ["untold"]);
});

BOOKS("an unsure row comes again after retry(), and is removed as it was last told", () => {
  const books = new Books();
  books.desire("192.0.2.1", announce(1));
  settle(books, new Set(["192.0.2.1"]));
  assert.is(books.take(), undefined);
  books.retry(["192.0.2.1"]);
  assert.equal(texts(books.take()), { added: [], changed: ["192.0.2.1 default/web"], removed: [] });
  books.desire("192.0.2.1", announce(1, "default/api"));
  books.desire("192.0.2.1", undefined);
  assert.equal(texts(books.take()), { added: [], changed: [], removed: ["192.0.2.1 default/web"] });
});

BOOKS("a removal says that another node announces the VIP, as long as one does, also after a restart", () => {
  const books = new Books();
  const moved = () => [...(books.take()?.moved ?? [])];
  for (const n of [1, 2, 3]) books.desire(`192.0.2.${n}`, announce(n));
  settle(books);
  books.desire("192.0.2.1", undefined, true);
  books.desire("192.0.2.2", undefined);
  assert.equal(moved(), ["192.0.2.1"]);
  books.retryAll();
  assert.equal(moved(), ["192.0.2.1"], "nobody has settled it");
  books.desire("192.0.2.1", undefined);
  books.desire("192.0.2.2", undefined, true);
  books.retryAll();
  assert.equal(moved(), ["192.0.2.2"]);
  books.restart([announce(2), announce(3)]);
  assert.equal(moved(), ["192.0.2.2"]);
  books.desire("192.0.2.2", announce(2), true);
  books.desire("192.0.2.2", undefined);
  books.retryAll();
  assert.is(books.take()?.moved, undefined);
});

BOOKS("rows hold their attribute set as long as they are desired or told, and no longer", () => {
  const books = new Books();
  for (let n = 1; n <= 200; n++) books.desire(`192.0.2.${n}`, announce(n));
  assert.is(books.setCount, 1, "equal but for the VIP");
  settle(books);
  for (let n = 1; n <= 200; n++) books.desire(`192.0.2.${n}`, announce(n, `default/s${n}`));
  assert.is(books.setCount, 201, "what was told is held too");
  settle(books, new Set(["192.0.2.7"]));
  assert.is(books.setCount, 200);
  for (let n = 1; n <= 100; n++) books.desire(`192.0.2.${n}`, undefined);
  settle(books, new Set(["192.0.2.8"]));
  assert.is(books.setCount, 101);
  assert.equal(
    books.restart([announce(3), announce(150), announce(150), { ...announce(1), vip: "web" }]).map(({ vip }) => vip),
    ["192.0.2.150", "web"],
  );
  assert.is(books.setCount, 101);
  assert.is(texts(books.take())?.["removed"]?.[0], "192.0.2.3 default/web");
  books.restart([]);
  for (let n = 1; n <= 200; n++) books.desire(`192.0.2.${n}`, undefined);
  assert.is(books.setCount, 0);
  assert.is(books.take(), undefined);
});

BOOKS.run();
