/** The rules (CEL) in the definitions of resources, and examples of what they refuse. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadAll } from "js-yaml";
import { ApiFailure } from "../../host/workbench/api-server/send.ts";
import type { KubernetesObject, TestClient } from "../../host/workbench/api-server/test-client.ts";

export interface Rule {
  readonly rule: string;
  readonly message: string;
}

const FOLDER = fileURLToPath(new URL("../../fixtures/custom-resources/", import.meta.url));

/** Every rule of a definition once, also where an alias repeats it. */
export function rulesOf(definition: KubernetesObject): readonly Rule[] {
  const rules = new Set<Rule>();
  collect(definition.spec, rules, new Set());
  return [...rules];
}

function collect(schema: unknown, rules: Set<Rule>, seen: Set<unknown>): void {
  if (typeof schema !== "object" || schema === null || seen.has(schema)) return;
  seen.add(schema);
  for (const [key, value] of Object.entries(schema)) {
    if (key === "x-kubernetes-validations") for (const rule of value as Rule[]) rules.add(rule);
    else collect(value, rules, seen);
  }
}

/** The documents of a file of `fixtures/custom-resources`; none where there is no such file. */
export function readExamples(file: string): readonly KubernetesObject[] {
  try {
    return loadAll(readFileSync(`${FOLDER}${file}`, "utf8")) as KubernetesObject[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Creates an object on trial. What the server has against it, sorted, as `spec.a[0]: Wanted …`; none where it takes it. */
export function refusalsOf(client: TestClient, object: KubernetesObject): Promise<readonly string[]> {
  return refusals(client.tryCreate(object));
}

/** What was against a request, as above. */
export async function refusals(request: Promise<unknown>): Promise<readonly string[]> {
  try {
    await request;
    return [];
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.status !== 422) throw error;
    return problemsIn(error.message);
  }
}

/** `… is invalid: [spec.a: Invalid value: "b": Wanted c, spec.d: …]` */
function problemsIn(message: string): string[] {
  const text = message.slice(message.indexOf(" is invalid: ") + " is invalid: ".length).replace(/^\[(.*)\]$/, "$1");
  const withoutValues = text.replace(/Invalid value: (?:"(?:[^"\\]|\\.)*": |(?:\d+|true|false): )?/g, "").replaceAll("<nil>: ", "");
  return withoutValues.split(/, (?=spec|status)/).sort();
}
