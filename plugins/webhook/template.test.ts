import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Announcement } from "../../host/announcer.ts";
import { originOf } from "./config.ts";
import { render, valuesOf } from "./template.ts";

const template = suite("webhook templates");

const ROW: Announcement = {
  ...{ vip: "2001:db8::1", family: 6, links: null, services: ["default/mail", "default/web"] },
  attributes: { values: { id: "a/b", vip: "not this" } },
};
const values = valuesOf(ROW, "node-a");

template("placeholders of a URL are percent-encoded", () => {
  const { url, method, body } = render({ url: "https://x.example/{vip}/{id}?by={node}&for={services}" }, values, "POST");
  assert.is(url, "https://x.example/2001%3Adb8%3A%3A1/a%2Fb?by=node-a&for=default%2Fmail%2Cdefault%2Fweb");
  assert.is(method, "POST");
  assert.is(body, undefined);
});

template("a body is JSON with its texts filled in, at any depth", () => {
  const body = { to: "{vip}", list: ["{node}", 1, null, true, { all: "{services}", text: "for {services}", family: "IPv{family}" }] };
  const { body: written = "", isJson } = render({ url: "https://x.example", method: "PUT", body }, values, "POST");
  assert.is(isJson, true);
  assert.equal(JSON.parse(written), {
    to: "2001:db8::1",
    list: ["node-a", 1, null, true, { all: ["default/mail", "default/web"], text: "for default/mail,default/web", family: "IPv6" }],
  });
});

template("what is filled in ends no text of JSON", () => {
  const odd = valuesOf({ ...ROW, attributes: { values: { note: 'a"},{"b":"{vip}' } } }, "node-a");
  assert.equal(JSON.parse(render({ url: "https://x.example", body: { note: "{note}" } }, odd, "POST").body ?? ""), {
    note: 'a"},{"b":"{vip}',
  });
});

template("a body that is a text is sent as it is", () => {
  const { body, isJson } = render({ url: "https://x.example", body: "vip={vip}&braces={}{ }{1}" }, values, "POST");
  assert.equal([body, isJson], ["vip=2001:db8::1&braces={}{ }{1}", false]);
});

template("a placeholder without a value is told, with those that there are", () => {
  assert.throws(
    () => render({ url: "https://x.example/{owner}" }, values, "POST"),
    /^found \{owner\}, expected one of \{id\}, \{vip\}, \{family\}, \{node\}, \{services\}$/,
  );
});

template("originOf() is scheme, host and port", () => {
  for (const [url, origin] of [
    ["https://api.example.com/v1/{vip}", "https://api.example.com"],
    ["http://192.0.2.1:8080", "http://192.0.2.1:8080"],
    ["https://[2001:db8::1]:8443/x?y", "https://[2001:db8::1]:8443"],
  ] as const) {
    assert.is(originOf(url), origin);
  }
});

template.run();
