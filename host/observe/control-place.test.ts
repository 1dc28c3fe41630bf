import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { controlDirectories, controlPathIn, controlPlace, nodeOfControlFile } from "./control-place.ts";

const place = suite("control-place");

place("controlDirectories() are /run/herald, and that of the session where its path is whole", () => {
  assert.equal(controlDirectories({}), ["/run/herald"]);
  assert.equal(controlDirectories({ XDG_RUNTIME_DIR: "/run/user/1000" }), ["/run/herald", "/run/user/1000/herald"]);
  for (const odd of ["", "here", "../run"]) assert.equal(controlDirectories({ XDG_RUNTIME_DIR: odd }), ["/run/herald"]);
});

place("controlPlace() takes the flag, or the first directory that can be written or made", () => {
  const root = mkdtempSync(join(tmpdir(), "herald-place-"));
  try {
    const [absent, makeable, there] = ["absent/herald", "herald", "there"].map((name) => join(root, name)) as [string, string, string];
    mkdirSync(there);
    chmodSync(there, 0o700);
    assert.equal(controlPlace("/a/b", "n", [there]), { path: "/a/b", isDemanded: true });
    assert.is(controlPlace("none", "n", [there]), undefined);
    assert.equal(controlPlace(undefined, "n", [absent, makeable, there]), { path: join(makeable, "n.sock"), isDemanded: false });
    assert.equal(controlPlace(undefined, "n", [absent, there, makeable]), { path: join(there, "n.sock"), isDemanded: false });
    assert.equal(controlPlace(undefined, "n", [absent]), { path: join(absent, "n.sock"), isDemanded: false }, "so that it is said why not");
  } finally {
    rmSync(root, { recursive: true });
  }
});

place("controlPlace() refuses a node's name that leads elsewhere", () => {
  for (const name of ["../etc/x", "a/b", "/etc/x", "", ".", "..", ".hidden", "a\0b", "a b", "a\n", "é", "x".repeat(254)]) {
    assert.throws(() => controlPlace(undefined, name, ["/run/herald"]), /^Cannot name a control socket after node/, JSON.stringify(name));
  }
});

place("nodeOfControlFile() reads back what controlPathIn() names, and nothing else", () => {
  for (const node of ["node-a", "ip-10-0-0-1.internal", "BOX_1", "x.sock"]) {
    assert.is(controlPathIn("/d", node), `/d/${node}.sock`);
    assert.is(nodeOfControlFile(`${node}.sock`), node);
  }
  for (const name of ["node-a", ".sock", "..sock", "node.socket", " a.sock", "\u001b[2J.sock"])
    assert.is(nodeOfControlFile(name), undefined, name);
});

place.run();
