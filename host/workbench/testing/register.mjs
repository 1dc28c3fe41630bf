// Loaded before a test file by the gate: makes `uvu` mean our recorder, which imports the real one. JavaScript, because
// Node loads module hooks in a thread of their own, where tsx is not.
import { register } from "node:module";
import { isMainThread } from "node:worker_threads";

const recorder = new URL("./recorder.ts", import.meta.url).href;

export function resolve(specifier, context, next) {
  if (specifier !== "uvu" || context.parentURL?.startsWith(recorder)) return next(specifier, context);
  return { url: recorder, format: "module", shortCircuit: true };
}

if (isMainThread) register(import.meta.url);
