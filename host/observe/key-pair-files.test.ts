import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { until } from "../workbench/testing/promises.ts";
import { makeCertificate } from "./certificate.ts";
import { followKeyPair, readKeyPair } from "./key-pair-files.ts";

const files = suite("key pair files");

function write(directory: string, { cert, key }: { cert: string; key: string }): void {
  writeFileSync(join(directory, "tls.crt"), cert);
  writeFileSync(join(directory, "tls.key"), key);
}

async function withDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "herald-tls-"));
  try {
    await use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

files("readKeyPair() reads a pair, and says of what is none why not", async () => {
  await withDirectory(async (directory) => {
    const why = () =>
      readKeyPair(directory).then(
        () => "read",
        ({ message }: Error) => message,
      );
    assert.match(await why(), /^Cannot use the certificate in .*: ENOENT/);
    const [one, other] = [makeCertificate("a", ["a"]), makeCertificate("a", ["a"])];
    write(directory, { cert: one.cert, key: other.key });
    assert.match(await why(), /: tls\.key is not the key of tls\.crt$/);
    write(directory, { cert: "none", key: one.key });
    assert.match(await why(), /^Cannot use the certificate in /);
    write(directory, one);
    assert.is(await why(), "read");
  });
});

files("followKeyPair() tells a renewed pair, and a broken one once while the last good one stays", async () => {
  await withDirectory(async (directory) => {
    const first = makeCertificate("a", ["a"]);
    const second = makeCertificate("a", ["a"]);
    write(directory, first);
    const told: string[] = [];
    const close = followKeyPair(
      directory,
      first,
      { changed: ({ cert }) => told.push(cert === second.cert ? "second" : "other"), problem: () => told.push("problem") },
      10,
    );
    try {
      write(directory, { cert: second.cert, key: first.key });
      await until(() => told.length > 0);
      await new Promise((done) => setTimeout(done, 100));
      write(directory, second);
      await until(() => told.at(-1) === "second");
      assert.equal(told, ["problem", "second"]);
    } finally {
      close();
    }
  });
});

files.run();
