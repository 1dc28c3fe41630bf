import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { metadataOf, readWords, SPEAKER_KEY, speakerLeaseName, writeWords } from "./speaker-words.ts";

const words = suite("speaker-words");

const NAME = "herald-speaker-node-a";
const SAID = { node: "node-a", links: ["eth0", "eth1"], macs: ["02:00:00:00:00:01", "02:00:00:00:00:02"], isLeaving: false };
const SEED = 20_261_126;

words("what is written is read, sorted and each once", () => {
  const said = { ...SAID, links: ["eth1", "eth0", "eth1"], macs: [...SAID.macs].reverse() };
  assert.equal(readWords(writeWords(said), NAME), SAID);
});

words("no more links are written than are read", () => {
  const links = Array.from({ length: 100 }, (_, at) => `interface-${String(at).padStart(5, "0")}`);
  const macs = links.map((_, at) => `02:00:00:00:00:${at.toString(16).padStart(2, "0")}`);
  const read = readWords(writeWords({ ...SAID, links, macs }), NAME);
  assert.equal([read?.links.length, read?.macs.length], [64, 64]);
});

words("readWords() passes over what it does not know", () => {
  assert.equal(readWords(JSON.stringify({ ...SAID, more: { of: "this" } }), NAME), SAID);
});

words("readWords() refuses what is wrong, and what another Lease says", () => {
  const wrong = [
    ...[undefined, null, 5, "", "null", "[]", "{", '"text"', "5"],
    JSON.stringify({ ...SAID, node: "node-b" }),
    JSON.stringify({ ...SAID, node: 5 }),
    JSON.stringify({ ...SAID, isLeaving: "false" }),
    JSON.stringify({ ...SAID, isLeaving: undefined }),
    JSON.stringify({ ...SAID, links: "eth0" }),
    JSON.stringify({ ...SAID, links: ["eth0", 5] }),
    JSON.stringify({ ...SAID, links: ["a-name-that-is-too-long"] }),
    JSON.stringify({ ...SAID, links: ["a b"] }),
    JSON.stringify({ ...SAID, links: Array.from({ length: 65 }, (_, at) => `e${at}`) }),
    JSON.stringify({ ...SAID, macs: ["02:00:00:00:00"] }),
    JSON.stringify({ ...SAID, macs: ["02-00-00-00-00-01"] }),
    JSON.stringify({ ...SAID, macs: ["02:00:00:00:00:0G"] }),
    JSON.stringify({ ...SAID, more: "x".repeat(5000) }),
  ];
  for (const text of wrong) assert.is(readWords(text, NAME), undefined, String(text).slice(0, 80));
});

words("readWords() takes any JSON without throwing", () => {
  fc.assert(
    fc.property(fc.json(), (text) => void readWords(text, NAME)),
    { seed: SEED },
  );
});

words("the name of a Lease is a name, and another one for another node", () => {
  const long = "n".repeat(252);
  const names = ["node-a", "node-b", `${long}a`, `${long}b`].map(speakerLeaseName);
  assert.is(names[0], NAME);
  assert.is(new Set(names).size, 4);
  for (const name of names) assert.match(name, /^[a-z0-9][-a-z0-9.]{0,251}[a-z0-9]$/);
  const node = `${long}a`;
  assert.equal(readWords(writeWords({ ...SAID, node }), speakerLeaseName(node))?.node, node);
  assert.ok((metadataOf({ ...SAID, node }).labels[SPEAKER_KEY] ?? "").length <= 63);
});

words.run();
