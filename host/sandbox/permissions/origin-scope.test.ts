import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { originCovers, originText, originTouches, parseOriginScope } from "./origin-scope.ts";

const origins = suite("origin-scope");

const read = (text: string) => {
  const scope = parseOriginScope(text);
  if (scope === undefined) throw new Error(`${text} is no scope`);
  return scope;
};

/** One spelling, and the one that stands for it. */
const same: readonly (readonly [text: string, canonical: string])[] = [
  ["https://api.example.com", "https://api.example.com"],
  ["HTTPS://API.Example.COM.", "https://api.example.com"],
  ["https://api.example.com:443", "https://api.example.com"],
  ["http://api.example.com:443", "http://api.example.com:443"],
  ["http://api.example.com:080", "http://api.example.com"],
  ["https://bücher.example", "https://xn--bcher-kva.example"],
  ["https://*.Example.com:8443", "https://*.example.com:8443"],
  ["http://0x7f.1", "http://127.0.0.1"],
  ["http://[::FFFF:127.0.0.1]:8080", "http://127.0.0.1:8080"],
  ["http://[2001:DB8:0::1]", "http://[2001:db8::1]"],
];

for (const [text, canonical] of same) {
  origins(`${text} is ${canonical}`, () => assert.is(originText(read(text)), canonical));
}

origins("what is no scope is refused", () => {
  const wrong = [
    "",
    "*",
    "https://",
    "https://*",
    "https://*.",
    "api.example.com",
    "ftp://example.com",
    "https://example.com/",
    "https://a b",
  ];
  const more = ["https://a*.example.com", "https://*.*.example.com", "https://*.127.0.0.1", "https://*.[::1]", "https://me@example.com"];
  const last = [
    "https://example.com?x",
    "https://example.com#x",
    "https://example.com:99999",
    "https://example.com\\x",
    "https://[::1",
    "https://::1",
  ];
  for (const text of [...wrong, ...more, ...last]) assert.is(parseOriginScope(text), undefined, text);
});

const covered: readonly (readonly [granted: string, wanted: string, isCovered: boolean])[] = [
  ["https://api.example.com", "https://api.example.com", true],
  ["https://api.example.com", "http://api.example.com", false],
  ["https://api.example.com", "https://api.example.com:8443", false],
  ["https://*.example.com", "https://a.b.example.com", true],
  ["https://*.example.com", "https://example.com", false],
  ["https://*.example.com", "https://badexample.com", false],
  ["https://*.example.com", "https://*.example.com", true],
  ["https://*.example.com", "https://*.a.example.com", true],
  ["https://*.a.example.com", "https://*.example.com", false],
  ["https://a.example.com", "https://*.example.com", false],
  ["https://example.com", "https://a.example.com", false],
];

for (const [granted, wanted, isCovered] of covered) {
  origins(`${granted} ${isCovered ? "covers" : "does not cover"} ${wanted}`, () => {
    assert.is(originCovers(read(granted), read(wanted)), isCovered);
  });
}

origins("a denial of one name touches a wish for all beside it", () => {
  assert.is(originTouches(read("https://db.example.com"), read("https://*.example.com")), true);
  assert.is(originTouches(read("https://db.example.com"), read("https://*.a.example.com")), false);
});

origins("whatever the text, a scope's own text is that scope", () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: false }), fc.boolean(), (url, isBelow) => {
      const { protocol, host } = new URL(url);
      const scope = parseOriginScope(`${protocol}//${isBelow ? "*." : ""}${host}`);
      if (scope === undefined) return;
      assert.equal(parseOriginScope(originText(scope)), scope);
      assert.is(originCovers(scope, scope), true);
    }),
  );
});

origins.run();
