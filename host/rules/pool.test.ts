import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatBlock } from "./blocks.ts";
import { readPool } from "./pool.ts";
import type { Problem } from "./vocabulary.ts";

const pool = suite("pool");

const ADDRESSES = ["192.0.2.0/24"];
const object = (spec: unknown, metadata: unknown = { name: "home" }) => ({ metadata, spec });
const withAllocation = (serviceAllocation: unknown) => object({ addresses: ADDRESSES, serviceAllocation });
const withSelector = (selector: unknown) => withAllocation({ serviceSelectors: [selector] });
const withExpression = (expression: unknown) => withSelector({ matchExpressions: [expression] });

pool("readPool() gives defaults", () => {
  assert.equal(readPool(object({ addresses: ADDRESSES })), {
    ok: true,
    value: {
      name: "home",
      labels: {},
      blocks: [{ family: 4, first: 0xc0000200n, last: 0xc00002ffn, entry: 0 }],
      autoAssign: true,
      avoidBuggyIPs: false,
    },
    problems: [],
  });
});

pool("readPool() reads everything", () => {
  const team = { matchLabels: { team: "a" } };
  const parsed = readPool(
    object(
      {
        addresses: ["2001:db8::/64", "192.0.2.10-192.0.2.12"],
        autoAssign: false,
        avoidBuggyIPs: true,
        serviceAllocation: { priority: 50, namespaces: ["one"], namespaceSelectors: [team], serviceSelectors: [team, {}] },
        unknown: 7,
      },
      { name: "home", labels: { site: "attic" } },
    ),
  );
  assert.ok(parsed.ok);
  const { blocks, ...rest } = parsed.value;
  assert.equal(
    blocks.map((block) => `${block.entry} ${formatBlock(block)}`),
    ["0 2001:db8::/64", "1 192.0.2.10/31", "1 192.0.2.12/32"],
  );
  const selector = { ...team, matchExpressions: [] };
  assert.equal(rest, {
    name: "home",
    labels: { site: "attic" },
    autoAssign: false,
    avoidBuggyIPs: true,
    allocation: {
      priority: 50,
      namespaces: ["one"],
      namespaceSelectors: [selector],
      serviceSelectors: [selector, { matchLabels: {}, matchExpressions: [] }],
    },
  });
});

pool("readPool() takes null for an absent field", () => {
  const parsed = readPool(object({ addresses: ADDRESSES, autoAssign: null, serviceAllocation: null }, { name: "home", labels: null }));
  assert.ok(parsed.ok && parsed.value.autoAssign && parsed.value.allocation === undefined);
});

pool("readPool() takes an empty serviceAllocation for one that is there", () => {
  const parsed = readPool(withAllocation({}));
  const none = { priority: 0, namespaces: [], namespaceSelectors: [], serviceSelectors: [] };
  assert.equal(parsed.ok && parsed.value.allocation, none);
});

/** What is wrong with an object: `path: found, expected …`, and nothing else is. */
const REFUSED: readonly [object: unknown, problem: string][] = [
  [undefined, "metadata.name: nothing, expected a name"],
  ["home", '(object): "home", expected an object'],
  [[], "(object): a list of 0, expected an object"],
  [object({ addresses: ADDRESSES }, null), "metadata.name: nothing, expected a name"],
  [object({ addresses: ADDRESSES }, {}), "metadata.name: nothing, expected a name"],
  [object({ addresses: ADDRESSES }, { name: "" }), 'metadata.name: "", expected a name'],
  [object({ addresses: ADDRESSES }, { name: 7 }), "metadata.name: 7, expected a name"],
  [object({ addresses: ADDRESSES }, "home"), 'metadata: "home", expected an object'],
  [object({ addresses: ADDRESSES }, { name: "home", labels: ["a"] }), "metadata.labels: a list of 1, expected an object"],
  [
    object({ addresses: ADDRESSES }, { name: "home", labels: { a: true } }),
    "metadata.labels.a: true, expected a string (quote numbers and booleans)",
  ],
  [object(undefined), "spec.addresses: nothing, expected at least one CIDR or range"],
  [object("10.0.0.0/8"), 'spec: "10.0.0.0/8", expected an object'],
  [object({}), "spec.addresses: nothing, expected at least one CIDR or range"],
  [object({ addresses: null }), "spec.addresses: nothing, expected at least one CIDR or range"],
  [object({ addresses: [] }), "spec.addresses: a list of 0, expected at least one CIDR or range"],
  [object({ addresses: "192.0.2.0/24" }), 'spec.addresses: "192.0.2.0/24", expected a list'],
  [object({ addresses: { 0: "192.0.2.0/24" } }), "spec.addresses: an object, expected a list"],
  [object({ addresses: [7] }), "spec.addresses[0]: 7, expected a string"],
  [object({ addresses: [null] }), "spec.addresses[0]: nothing, expected a string"],
  [object({ addresses: ["192.0.2.1"] }), 'spec.addresses[0]: "192.0.2.1", expected a prefix length: 192.0.2.1/32 is that one address'],
  [
    object({ addresses: ["10.0.0.9-10.0.0.3"] }),
    'spec.addresses[0]: "10.0.0.9-10.0.0.3", expected a range that does not end before it starts',
  ],
  [
    object({ addresses: ["192.0.2.0/24", "192.0.2.7/32"] }),
    'spec.addresses[1]: "192.0.2.7/32", expected no address of spec.addresses[0] (192.0.2.0/24)',
  ],
  [
    object({ addresses: ["192.0.2.7/32", "192.0.2.0/24"] }),
    'spec.addresses[1]: "192.0.2.0/24", expected no address of spec.addresses[0] (192.0.2.7/32)',
  ],
  [
    object({ addresses: ["192.0.2.0/24", "192.0.2.0/24"] }),
    'spec.addresses[1]: "192.0.2.0/24", expected no address of spec.addresses[0] (192.0.2.0/24)',
  ],
  [
    object({ addresses: ["192.0.2.0-192.0.2.9", "192.0.2.9-192.0.2.20"] }),
    'spec.addresses[1]: "192.0.2.9-192.0.2.20", expected no address of spec.addresses[0] (192.0.2.8/31)',
  ],
  [
    object({ addresses: ["2001:db8::/32", "2001:db8:1::/48"] }),
    'spec.addresses[1]: "2001:db8:1::/48", expected no address of spec.addresses[0] (2001:db8::/32)',
  ],
  [object({ addresses: ADDRESSES, autoAssign: "false" }), 'spec.autoAssign: "false", expected true or false'],
  [object({ addresses: ADDRESSES, autoAssign: 0 }), "spec.autoAssign: 0, expected true or false"],
  [object({ addresses: ADDRESSES, avoidBuggyIPs: "yes" }), 'spec.avoidBuggyIPs: "yes", expected true or false'],
  [withAllocation("all"), 'spec.serviceAllocation: "all", expected an object'],
  [withAllocation([]), "spec.serviceAllocation: a list of 0, expected an object"],
  [
    withAllocation({ priority: "1" }),
    'spec.serviceAllocation.priority: "1", expected a whole number from -9007199254740991 to 9007199254740991',
  ],
  [
    withAllocation({ priority: 1.5 }),
    "spec.serviceAllocation.priority: 1.5, expected a whole number from -9007199254740991 to 9007199254740991",
  ],
  [withAllocation({ namespaces: "one" }), 'spec.serviceAllocation.namespaces: "one", expected a list'],
  [withAllocation({ namespaces: [1] }), "spec.serviceAllocation.namespaces[0]: 1, expected a string"],
  [withAllocation({ namespaces: ["one", "two", "one"] }), 'spec.serviceAllocation.namespaces[2]: "one", expected each entry once'],
  [withAllocation({ namespaceSelectors: {} }), "spec.serviceAllocation.namespaceSelectors: an object, expected a list"],
  [
    withAllocation({ namespaceSelectors: [{}, {}] }),
    "spec.serviceAllocation.namespaceSelectors[1]: an object, expected each selector once",
  ],
  [withSelector(null), "spec.serviceAllocation.serviceSelectors[0]: nothing, expected a label selector"],
  [withSelector("app=web"), 'spec.serviceAllocation.serviceSelectors[0]: "app=web", expected an object'],
  [
    withSelector({ matchLabels: { app: 7 } }),
    "spec.serviceAllocation.serviceSelectors[0].matchLabels.app: 7, expected a string (quote numbers and booleans)",
  ],
  [
    withSelector({ matchLabels: { "-app": "web" } }),
    'spec.serviceAllocation.serviceSelectors[0].matchLabels: "-app", expected a label key: [dns-prefix/]name, name of at most 63 letters, digits, -, _ or .',
  ],
  [
    withSelector({ matchLabels: { app: "web server" } }),
    'spec.serviceAllocation.serviceSelectors[0].matchLabels.app: "web server", expected a label value: at most 63 letters, digits, -, _ or .',
  ],
];

/** The same below `serviceSelectors[0].matchExpressions[0]`. */
const EXPRESSIONS: readonly [expression: unknown, problem: string][] = [
  [{ operator: "Exists" }, ".key: nothing, expected a label key"],
  [{ key: 7, operator: "Exists" }, ".key: 7, expected a label key"],
  [{ key: "a" }, ".operator: nothing, expected In, NotIn, Exists, DoesNotExist"],
  [{ key: "a", operator: "in", values: ["1"] }, '.operator: "in", expected In, NotIn, Exists, DoesNotExist'],
  [{ key: "a", operator: "In" }, ".values: nothing, expected a value for In"],
  [{ key: "a", operator: "NotIn", values: [] }, ".values: a list of 0, expected a value for NotIn"],
  [{ key: "a", operator: "Exists", values: ["1"] }, ".values: a list of 1, expected no values for Exists"],
  [{ key: "a", operator: "In", values: ["1", "1"] }, '.values[1]: "1", expected each entry once'],
  [{ key: "a", operator: "In", values: "1" }, '.values: "1", expected a list'],
];

const problemsOf = (raw: unknown) => readPool(raw).problems.map(({ path, found, expected }) => `${path}: ${found}, expected ${expected}`);

for (const [at, [raw, problem]] of REFUSED.entries()) {
  pool(`readPool() refuses ${at}: ${problem}`, () => {
    assert.not.ok(readPool(raw).ok);
    assert.ok(problemsOf(raw).includes(problem), problemsOf(raw).join("\n"));
  });
}
for (const [expression, problem] of EXPRESSIONS) {
  pool(`readPool() refuses an expression: ${problem}`, () => {
    const found = problemsOf(withExpression(expression));
    assert.is(found[0], `spec.serviceAllocation.serviceSelectors[0].matchExpressions[0]${problem}`);
  });
}

pool("readPool() refuses selectors that differ only in order", () => {
  const one = { matchLabels: { a: "1", b: "2" }, matchExpressions: [{ key: "c", operator: "In", values: ["x", "y"] }] };
  const two = { matchExpressions: [{ key: "c", operator: "In", values: ["y", "x"] }], matchLabels: { b: "2", a: "1" } };
  assert.is(problemsOf(withAllocation({ serviceSelectors: [one, two] })).length, 1);
  const twice = { matchExpressions: [...one.matchExpressions, ...two.matchExpressions] };
  assert.is(problemsOf(withSelector(twice)).length, 1);
});

pool("readPool() reads our annotations, and says what is wrong with them", () => {
  const read = (annotations: unknown) => readPool(object({ addresses: ADDRESSES }, { name: "home", annotations }));
  const good = read({ "herald.dev/drain": "true", "herald.dev/probe": "true", "herald.dev/dual-stack-with": "six", "example.com/x": "y" });
  assert.ok(good.ok && good.value.isDraining === true && good.value.isProbed === true && good.value.dualStackWith === "six");
  const owned = (policy: string) => read({ "herald.dev/ownership": policy });
  for (const policy of ["revertive", "sticky", "balanced"]) {
    const parsed = owned(policy);
    assert.is(parsed.ok && parsed.value.ownership, policy);
  }
  const off = read({ "herald.dev/drain": "false" });
  assert.ok(off.ok && !("isDraining" in off.value));
  const problem = ({ path, found, expected }: Problem) => `${path}: found ${found}, expected ${expected}`;
  const said = [
    'metadata.annotations[herald.dev/dual-stack-with]: found "home", expected the name of another pool',
    'metadata.annotations[herald.dev/drain]: found "yes", expected "true" or "false"',
  ];
  assert.equal(read({ "herald.dev/drain": "yes", "herald.dev/dual-stack-with": "home" }).problems.map(problem), said);
  const unknown = 'metadata.annotations[herald.dev/ownership]: found "", expected revertive or sticky or balanced';
  assert.equal(owned("").problems.map(problem), [unknown]);
  assert.is(read({ "herald.dev/drain": true }).problems.length, 1);
  assert.is(read(7).problems.length, 1);
});

pool("readPool() names each entry that overlaps, once", () => {
  const paths = readPool(object({ addresses: ["10.0.0.0/30", "10.0.0.0/24", "10.0.0.128/30", "10.0.0.1-10.0.0.9"] })).problems.map(
    ({ path }) => path,
  );
  assert.equal(paths.sort(), ["spec.addresses[1]", "spec.addresses[2]", "spec.addresses[3]"]);
});

pool("readPool() names every problem, and the object", () => {
  const parsed = readPool(object({ addresses: ["nonsense", 7], autoAssign: 3, serviceAllocation: { priority: "x", namespaces: 4 } }));
  assert.equal(
    parsed.problems.map(({ object: name, path }) => `${name}: ${path}`),
    ["serviceAllocation.priority", "serviceAllocation.namespaces", "addresses[0]", "addresses[1]", "autoAssign"].map(
      (path) => `IPAddressPool home: spec.${path}`,
    ),
  );
});

pool("readPool() keeps long and cyclic values out of its problems", () => {
  const cyclic: unknown[] = [];
  cyclic.push(cyclic);
  const parsed = readPool(object({ addresses: [cyclic, "x".repeat(1_000_000)] }, { name: "n".repeat(1_000_000) }));
  assert.is(parsed.problems.length, 2);
  assert.ok(JSON.stringify(parsed).length < 2000);
});

pool("readPool() never throws", () => {
  const spec = fc.record({
    addresses: fc.anything(),
    serviceAllocation: fc.oneof(fc.anything(), fc.record({ namespaceSelectors: fc.array(fc.record({ matchExpressions: fc.anything() })) })),
  });
  const raw = fc.oneof(fc.anything(), fc.record({ metadata: fc.anything(), spec: fc.oneof(spec, fc.anything()) }));
  fc.assert(
    fc.property(raw, (each) => {
      const { ok, problems } = readPool(each);
      assert.is(ok, problems.length === 0);
    }),
    { numRuns: 1000 },
  );
});

pool.run();
