import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseDocument } from "../../../cluster/manifests/parse-document.ts";
import { measureParse, measureReconcile } from "./costs.ts";
import { editedName, joinDocuments, serviceDocument, ways, writeDocuments, writeManifests } from "./files.ts";

const files = suite("manifest files");
let directory = "";
files.before.each(() => {
  directory = mkdtempSync(join(tmpdir(), "herald-files-"));
});
files.after.each(() => rmSync(directory, { recursive: true }));

const read = (name: string) => readFileSync(join(directory, name), "utf8");

files("writeManifests() writes Services, 300 a file, beside a pool and an advertisement, all without a problem", () => {
  writeManifests(directory, 301);
  assert.equal(readdirSync(directory).sort(), ["pool.yaml", "service-00000.yaml", "service-00300.yaml"]);
  const documents = readdirSync(directory).flatMap((name) => read(name).split("---\n"));
  assert.is(documents.length, 303);
  for (const text of documents) {
    const { problems, found } = parseDocument(text);
    assert.equal(problems, [], text);
    assert.is(found.length, 1, text);
  }
  assert.is(new Set(documents.map((text) => parseDocument(text).found[0]?.id)).size, 303);
});

files("writeDocuments() fills a file up to a size with Services that ask for addresses", () => {
  const documents = writeDocuments(10_000, 256);
  const { length } = joinDocuments(documents);
  assert.ok(length <= 10_000 && length > 9500, `${length}`);
  assert.is(documents[1], serviceDocument(editedName(1), 257));
  assert.match(documents[1] ?? "", "metallb.io/loadBalancerIPs: 10.64.1.1\n");
});

for (const [way, save] of Object.entries(ways)) {
  files(`a file saved ${way} holds the new text when that is said, and nothing else is left`, () => {
    const file = join(directory, "a.yaml");
    for (const text of ["first, and longer", "second"]) {
      let isSaid = false;
      save(file, text, () => {
        isSaid = true;
        assert.is(read("a.yaml"), text);
      });
      assert.ok(isSaid);
    }
    assert.equal(readdirSync(directory), ["a.yaml"]);
  });
}

files("measureParse() counts the documents parsed after a change of one", () => {
  const { documents, parsedAgain, tookMs } = measureParse(3000, 5);
  assert.is(documents, writeDocuments(3000, 0).length);
  assert.is(parsedAgain, 1);
  assert.is(tookMs.length, 5);
});

files("measureReconcile() times as many runs as it is asked for", async () => {
  const { firstMs, serviceMs, nodeMs } = await measureReconcile(30, { service: 4, node: 2 });
  assert.equal([serviceMs.length, nodeMs.length], [4, 2]);
  assert.ok([firstMs, ...serviceMs, ...nodeMs].every((ms) => ms > 0));
});

files.run();
