import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readL2Advertisement } from "./l2-advertisement.ts";

const advertisement = suite("l2-advertisement");

const read = (spec: unknown) => readL2Advertisement({ metadata: { name: "all" }, spec });

advertisement("readL2Advertisement() announces everything everywhere without a spec", () => {
  assert.equal(readL2Advertisement({ metadata: { name: "all" } }), {
    ok: true,
    value: {
      name: "all",
      kind: "L2Advertisement",
      poolNames: [],
      poolSelectors: [],
      nodeSelectors: [],
      serviceSelectors: [],
      interfaces: [],
      preferences: [],
      attributes: {},
    },
    problems: [],
  });
});

advertisement("readL2Advertisement() reads everything", () => {
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => ({ matchLabels: { [name]: "1" }, matchExpressions: [] }));
  const parsed = read({
    ipAddressPools: ["home", "not there yet"],
    ipAddressPoolSelectors: [a],
    nodeSelectors: [b],
    serviceSelectors: [c],
    interfaces: ["eth1", "eth0", "eth1"],
    preferredNodeSelectors: [
      { weight: 1, preference: {} },
      { weight: 100, preference: d },
      { weight: 100, preference: d },
    ],
  });
  assert.equal(parsed.ok && parsed.value, {
    name: "all",
    kind: "L2Advertisement",
    poolNames: ["home", "not there yet"],
    poolSelectors: [a],
    nodeSelectors: [b],
    serviceSelectors: [c],
    interfaces: ["eth1", "eth0"],
    preferences: [
      { weight: 1, selector: { matchLabels: {}, matchExpressions: [] } },
      { weight: 100, selector: d },
      { weight: 100, selector: d },
    ],
    attributes: {},
  });
});

const WEIGHT = "expected a whole number from 1 to 100";
const REFUSED: readonly [spec: unknown, problem: string][] = [
  ["everything", 'spec: "everything", expected an object'],
  [{ ipAddressPools: "home" }, 'spec.ipAddressPools: "home", expected a list'],
  [{ ipAddressPools: [{}] }, "spec.ipAddressPools[0]: an object, expected a string"],
  [{ ipAddressPools: ["home", "home"] }, 'spec.ipAddressPools[1]: "home", expected each entry once'],
  [{ ipAddressPoolSelectors: [{}, {}] }, "spec.ipAddressPoolSelectors[1]: an object, expected each selector once"],
  [{ nodeSelectors: [null] }, "spec.nodeSelectors[0]: nothing, expected a label selector"],
  [{ nodeSelectors: [{ matchLabels: [] }] }, "spec.nodeSelectors[0].matchLabels: a list of 0, expected an object"],
  [
    { nodeSelectors: [{ matchLabels: { a: "1" } }, { matchLabels: { a: "1" } }] },
    "spec.nodeSelectors[1]: an object, expected each selector once",
  ],
  [{ serviceSelectors: true }, "spec.serviceSelectors: true, expected a list"],
  [
    { serviceSelectors: [{ matchExpressions: [{ key: "a", operator: "Gt", values: ["1"] }] }] },
    'spec.serviceSelectors[0].matchExpressions[0].operator: "Gt", expected In, NotIn, Exists, DoesNotExist',
  ],
  [{ interfaces: "eth0" }, 'spec.interfaces: "eth0", expected a list'],
  [{ interfaces: [0] }, "spec.interfaces[0]: 0, expected a string"],
  [{ preferredNodeSelectors: {} }, "spec.preferredNodeSelectors: an object, expected a list"],
  [{ preferredNodeSelectors: [null] }, "spec.preferredNodeSelectors[0]: nothing, expected a weight and a preference"],
  [{ preferredNodeSelectors: ["eth0"] }, 'spec.preferredNodeSelectors[0]: "eth0", expected an object'],
  [{ preferredNodeSelectors: [{ preference: {} }] }, `spec.preferredNodeSelectors[0].weight: nothing, ${WEIGHT}`],
  [{ preferredNodeSelectors: [{ weight: 0, preference: {} }] }, `spec.preferredNodeSelectors[0].weight: 0, ${WEIGHT}`],
  [{ preferredNodeSelectors: [{ weight: 101, preference: {} }] }, `spec.preferredNodeSelectors[0].weight: 101, ${WEIGHT}`],
  [{ preferredNodeSelectors: [{ weight: 1 }] }, "spec.preferredNodeSelectors[0].preference: nothing, expected a label selector"],
];

for (const [spec, problem] of REFUSED) {
  advertisement(`readL2Advertisement() refuses ${problem}`, () => {
    const parsed = read(spec);
    assert.not.ok(parsed.ok);
    assert.equal(
      parsed.problems.map(({ object, path, found, expected }) => `${object} ${path}: ${found}, expected ${expected}`),
      [`L2Advertisement all ${problem}`],
    );
  });
}

advertisement.run();
