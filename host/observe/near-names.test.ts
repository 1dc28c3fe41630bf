import { suite } from "uvu";
import * as assert from "uvu/assert";
import { distance, nearNames } from "./near-names.ts";

const NEAR = suite("nearNames");

NEAR("distance() counts letters to add, drop or replace", () => {
  assert.equal([distance("web", "web"), distance("web", "wbe"), distance("", "web"), distance("web", "shop")], [0, 2, 3, 4]);
});

NEAR("names those of the same name elsewhere first, then those written nearly so, and no others", () => {
  const known = ["default/web", "shop/web", "shop/webs", "shop/mail", "x/y"];
  assert.equal(nearNames("shop/web", known), ["default/web", "shop/web", "shop/webs"]);
  assert.equal(nearNames("shop/mial", known), ["shop/mail"]);
  assert.equal(nearNames("default/nginx", known), []);
  assert.is(
    nearNames(
      "a/b",
      Array.from({ length: 100 }, (_, at) => `n${at}/b`),
    ).length,
    5,
  );
});

NEAR.run();
