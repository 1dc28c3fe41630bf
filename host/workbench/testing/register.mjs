// Loaded before a test file by the gate: makes `uvu` and `uvu/assert` mean ours, which import the real ones. JavaScript,
// because Node loads module hooks in a thread of their own, where tsx is not.
import { register } from "node:module";
import { isMainThread } from "node:worker_threads";

const ours = {
  uvu: new URL("./recorder.ts", import.meta.url).href,
  "uvu/assert": new URL("./strict-assert.ts", import.meta.url).href,
};

export function resolve(specifier, context, next) {
  const url = Object.hasOwn(ours, specifier) ? ours[specifier] : undefined;
  if (url === undefined || context.parentURL?.startsWith(url)) return next(specifier, context);
  return { url, format: "module", shortCircuit: true };
}

if (isMainThread) register(import.meta.url);
