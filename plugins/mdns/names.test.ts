import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Names } from "./names.ts";
import { service } from "./test-stage.ts";

const names = suite("mdns names");

const none = (): undefined => undefined;

function namesOf(all: ReturnType<Names["assign"]>): string[] {
  return Array.from(all, ([key, { name, wanted, problem }]) => [key, name, wanted, problem].filter((part) => part !== undefined).join(" "));
}

names("a Service is called by its annotation, else by the attribute, else by its name", () => {
  const services = [service("default/a", "Shop"), service("default/b", "news.local"), service("default/c"), service("default/d")];
  assert.equal(namesOf(new Names().assign(services, (key) => (key === "default/c" || key === "default/a" ? "wiki" : undefined))), [
    "default/a shop.local",
    "default/b news.local",
    "default/c wiki.local",
    "default/d d.local",
  ]);
});

names("of those that want one name the first has it, whatever order they come in", () => {
  const services = [service("a/web"), service("b/web"), service("c/x", "web"), service("c/y", "web"), service("c/z", "web-b")];
  assert.equal(namesOf(new Names().assign(services, none)), [
    "a/web web.local",
    "b/web web-b.local web.local",
    "c/x web-c.local web.local",
    "c/y web-c-2.local web.local",
    "c/z web-b-c.local web-b.local",
  ]);
});

names("who loses a name goes on to the next, and has the first again after it was gone", () => {
  const all = new Names();
  const services = [service("a/web")];
  for (const name of ["web.local", "web-a.local web.local", "web-a-2.local web.local", "web-a-3.local web.local"]) {
    assert.equal(namesOf(all.assign(services, none)), [`a/web ${name}`]);
    all.lose("a/web");
  }
  all.assign([], none);
  assert.equal(namesOf(all.assign(services, none)), ["a/web web.local"]);
});

for (const hostname of ["", "-web", "web-", "a b", "a.b", "wéb", "x".repeat(64), "web.local.local", "*"]) {
  names(`${JSON.stringify(hostname)} is no hostname: the Service's name is taken, and that is said`, () => {
    const [naming] = new Names().assign([service("default/web", hostname)], none).values();
    assert.is(naming?.name, "web.local");
    assert.match(naming?.problem ?? "", /^found hostname ".*expected one like "web" or "web.local"$/);
  });
}

names("a long name is cut, so that what tells it apart fits", () => {
  const long = "x".repeat(63);
  const all = new Names();
  const services = [service(`a/${long}`), service(`b/${long}`)];
  const labels = Array.from(all.assign(services, none).values(), ({ name }) => name.replace(".local", ""));
  assert.equal(labels, [long, `${"x".repeat(61)}-b`]);
});

names.run();
