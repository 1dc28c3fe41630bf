/**
 * What of `dist/` is not compiled: its package.json, licences, the resource definitions, the fixtures that commands read, and in
 * `node_modules` the two packages that cannot be bundled, koffi and esbuild: only what of them runs, and its licence. With that the folder
 * needs nothing but Node, wherever it is copied.
 */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";

/** By Node's names. */
export const PROCESSORS = ["x64", "arm64", "arm"];

/** Path in `dist/` → file or folder of the project. */
const PARTS = {
  LICENSE: "LICENSE",
  crds: "deploy/crds",
  "fixtures/homelab": "fixtures/homelab",
  "fixtures/hello": "fixtures/hello",
};

/** Package → what of it is taken: files, and folders with all that is in them. */
const PACKAGES = {
  koffi: /^(package\.json|LICENSE\.txt|index\.cjs|src\/koffi\/(index|src\/static)\.cjs)$/,
  esbuild: /^(package\.json|LICENSE\.md|lib\/main\.js)$/,
};
/** The same of a processor's own packages; with glibc, as Node's own builds want it. */
const packagesFor = (cpu) => ({
  [`@koromix/koffi-linux-${cpu}`]: /^(package\.json|index\.js|linux_\w+\/koffi\.node)$/,
  [`@esbuild/linux-${cpu}`]: /^(package\.json|bin\/esbuild)$/,
});

/**
 * Copies what is missing or has changed. `cpus`: whose binaries `dist/node_modules` has, by default this machine's; what is not
 * installed for them is fetched. `to`: another folder than `dist`, which then gets what was compiled, too.
 */
export function assemble(root, { cpus = ownProcessor(), to = join(root, "dist") }) {
  const unknown = cpus.find((cpu) => !PROCESSORS.includes(cpu));
  if (unknown !== undefined) throw new Error(`Unknown processor ${unknown}: expected some of ${PROCESSORS.join(",")}`);
  // Declarations are for who writes plugins, and come with npm.
  const isElsewhere = (file) => /^(node_modules|types)/.test(relative(join(root, "dist"), file));
  if (to !== join(root, "dist"))
    cpSync(join(root, "dist"), to, { recursive: true, preserveTimestamps: true, filter: (file) => !isElsewhere(file) });
  for (const [name, from] of Object.entries(PARTS)) {
    if (existsSync(join(root, from))) copyTree(join(root, from), join(to, name), /(?<!\.test\.ts)$/);
  }
  writeManifest(root, to);
  const modules = join(to, "node_modules");
  dropOthers(modules, cpus);
  if (cpus.length > 0)
    for (const [name, files] of Object.entries(PACKAGES)) copyTree(join(root, "node_modules", name), join(modules, name), files);
  for (const cpu of cpus) copyBinaries(root, modules, cpu);
}

/** The licences of the packages that were bundled, of which these are the files. */
export function licencesOf(root, inputs) {
  const names = inputs.flatMap((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
  const texts = [...new Set(names)].sort().map((name) => {
    const folder = join(root, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)/i.test(file));
    return [`${name} ${version} (${license})`, ...files.map((file) => readFileSync(join(folder, file), "utf8").trim())].join("\n\n");
  });
  return `${texts.join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

/** None where Herald announces nothing. */
function ownProcessor() {
  return process.platform === "linux" && PROCESSORS.includes(process.arch) ? [process.arch] : [];
}

/** What `herald --version` reads, and where Node sees that these are ES modules. */
function writeManifest(root, to) {
  const { name, version, description, license, type, engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const manifest = { name, version, description, license, type, engines, bin: { herald: "herald.mjs" } };
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  const file = join(to, "package.json");
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text);
}

function dropOthers(modules, cpus) {
  const kept = new Set(cpus.flatMap((cpu) => Object.keys(packagesFor(cpu))));
  for (const scope of ["@koromix", "@esbuild"]) {
    if (!existsSync(join(modules, scope))) continue;
    for (const name of readdirSync(join(modules, scope))) {
      if (!kept.has(`${scope}/${name}`)) rmSync(join(modules, scope, name), { recursive: true });
    }
  }
}

function copyBinaries(root, modules, cpu) {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const wanted = Object.entries(packagesFor(cpu));
  const isThere = (folder) => wanted.every(([name]) => versionIn(join(folder, name)) === packages[`node_modules/${name}`].version);
  const copyFrom = (folder) => {
    for (const [name, files] of wanted) copyTree(join(folder, name), join(modules, name), files);
  };
  if (isThere(join(root, "node_modules"))) return copyFrom(join(root, "node_modules"));
  if (isThere(modules)) return;
  const aside = mkdtempSync(join(tmpdir(), "herald-binaries-"));
  try {
    for (const name of ["package.json", "package-lock.json"]) copyFileSync(join(root, name), join(aside, name));
    const flags = ["--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--os=linux", `--cpu=${cpu}`, "--libc=glibc"];
    const { status, stderr, error } = spawnSync("npm", ["ci", ...flags], { cwd: aside, encoding: "utf8" });
    if (status !== 0) throw new Error(`Cannot fetch what Herald needs on ${cpu}: ${error?.message ?? stderr.trim()}`);
    copyFrom(join(aside, "node_modules"));
  } finally {
    rmSync(aside, { recursive: true });
  }
}

function versionIn(folder) {
  const file = join(folder, "package.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).version : undefined;
}

/** A file, or those of a folder whose path in it matches. */
function copyTree(from, to, files) {
  if (statSync(from).isFile()) return copyChanged(from, to);
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    const path = join(relative(from, entry.parentPath ?? entry.path), entry.name);
    if (entry.isFile() && files.test(path)) copyChanged(join(from, path), join(to, path));
  }
}

/** Aside and renamed: a Herald that runs keeps the file that it has. */
function copyChanged(from, to) {
  const { size, mtime, mtimeMs } = statSync(from);
  const present = statSync(to, { throwIfNoEntry: false });
  if (present?.size === size && Math.abs(present.mtimeMs - mtimeMs) < 1) return;
  const aside = join(dirname(to), `.${basename(to)}.${process.pid}`);
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, aside);
  utimesSync(aside, mtime, mtime);
  renameSync(aside, to);
}
