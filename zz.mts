import { loadBundle } from "./host/sandbox/source/load-bundle.ts";
import { openForeignPlugin } from "./host/sandbox/foreign-plugin.ts";
import { Cells } from "./host/sandbox/cell/cells.ts";
import { createLog } from "./host/observe/log.ts";
const log = createLog({level:"debug", format:"text", write: (l)=>process.stdout.write(l)});
for (const nodePath of [process.execPath, ...[22,24,26].map(v=>`/var/cache/herald-nodes/node-${v}`)]) {
const cells = new Cells({ log, nodePath });
for (const p of process.argv.slice(2)) {
  const t0 = performance.now();
  const bundle = await loadBundle(p, {} as any);
  const t1 = performance.now();
  try { const f = await openForeignPlugin(bundle, cells);
  console.log(p, bundle.code.length, Math.round(t1-t0), Math.round(performance.now()-t1), f.name, f.foreign?.process, await f.permissions(f.example)); } catch (e) { console.log(e.message) }
}
await cells.close();
}
