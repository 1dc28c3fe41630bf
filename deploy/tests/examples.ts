/** The Kubernetes objects that Herald's documentation shows. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadAll } from "js-yaml";
import type { KubernetesObject } from "../../host/workbench/api-server/test-client.ts";

export interface Example {
  /** `docs/a.md:12` */
  readonly place: string;
  readonly object: KubernetesObject;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FOLDERS = ["docs", "plugins", "deploy", "fixtures/homelab"];

/** Of every page of Markdown, and of the demo cluster. */
export function readDocumented(): readonly Example[] {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  );
  return ["README.md", ...files].sort().flatMap((file) => {
    if (file.endsWith(".md")) return blocksOf(file);
    return file.startsWith("fixtures/") && file.endsWith(".yaml") ? objectsIn(file, readFileSync(join(ROOT, file), "utf8")) : [];
  });
}

function blocksOf(file: string): readonly Example[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  return [...text.matchAll(/^```ya?ml\n([\s\S]*?)^```$/gm)].flatMap(({ index, 1: body = "" }) =>
    objectsIn(`${file}:${text.slice(0, index).split("\n").length}`, body),
  );
}

/** What is no object, such as values of the chart, is left out. */
function objectsIn(place: string, text: string): readonly Example[] {
  const documents = loadAll(text) as (Partial<KubernetesObject> | null)[];
  return documents.flatMap((object) =>
    object?.apiVersion === undefined || object.kind === undefined ? [] : [{ place, object: object as KubernetesObject }],
  );
}
