import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { md5 } from "./md5.ts";

const MD5 = suite("md5");

MD5("md5() gives what another implementation gives, for every length of up to three blocks", () => {
  for (let length = 0; length <= 192; length++) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 37 + length) & 0xff);
    assert.is(Buffer.from(md5(bytes)).toString("hex"), createHash("md5").update(bytes).digest("hex"), `${length} bytes`);
  }
});

MD5.run();
