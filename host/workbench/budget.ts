/**
 * How large the shipped program may be, and what a speaker at rest may cost. Plain data: what is to grow beyond is asked for here first. Tests
 * keep the sizes true, `herald bench footprint` measures the rest, and the README shows some of both.
 *
 * Bytes as on disk, of the folder that `node build.mjs --to DIR` writes for one processor; some tenth of room above what is there.
 */

export interface SizeLimit {
  /** Files and folders of `dist/`, which count together. */
  readonly paths: readonly string[];
  readonly bytes: number;
  readonly what: string;
}

const KB = 1000;

export const SIZES: readonly SizeLimit[] = [
  { paths: ["."], bytes: 18_500 * KB, what: "the whole program" },
  { paths: ["node_modules"], bytes: 13_500 * KB, what: "koffi and esbuild, with the binaries for one processor" },
  { paths: ["node_modules/koffi", "node_modules/@koromix"], bytes: 1300 * KB, what: "of that, what a speaker loads" },
  { paths: ["herald.mjs", "roles.mjs", "packet-worker.mjs"], bytes: 1500 * KB, what: "the code of a speaker or controller" },
  { paths: ["herald.mjs"], bytes: 41 * KB, what: "of that, the entry, which is all that status and drain load" },
  { paths: ["plugin-guard.mjs"], bytes: 310 * KB, what: "the code of a third-party plugin's process" },
  { paths: ["kube-config.mjs"], bytes: 1100 * KB, what: "what reads a kubeconfig file, where one is named" },
  { paths: ["tools.mjs"], bytes: 1850 * KB, what: "lab, benches, plan, explain, migrate, plugin commands, decoders" },
  { paths: ["announcer.mjs", "testing.mjs"], bytes: 440 * KB, what: "what plugins and their tests import" },
  { paths: ["wasm"], bytes: 95 * KB, what: "all WebAssembly" },
  { paths: ["wasm/arp.wasm"], bytes: 10 * KB, what: "answers ARP" },
  { paths: ["wasm/ndp.wasm"], bytes: 12 * KB, what: "answers Neighbor Discovery" },
  { paths: ["wasm/bfd.wasm"], bytes: 12 * KB, what: "BFD sessions" },
  { paths: ["wasm/bgp.wasm"], bytes: 22 * KB, what: "BGP messages" },
  { paths: ["wasm/routes.wasm"], bytes: 10 * KB, what: "the table of routes" },
  { paths: ["wasm/rank.wasm", "wasm/rank-simd.wasm"], bytes: 8 * KB, what: "the order of nodes" },
  { paths: ["wasm/wire.wasm"], bytes: 9 * KB, what: "decoders" },
  { paths: ["wasm/guard.wasm"], bytes: 5.5 * KB, what: "checks the frames of third-party packet programs" },
  { paths: ["wasm/echo.wasm"], bytes: 0.9 * KB, what: "the smallest packet program, for benches and tests" },
  { paths: ["wasm/hello.wasm"], bytes: 8 * KB, what: "the packet program that plugin new writes" },
];

/** Of a speaker with arp, ndp and an established session of bgp, and three Services of both families. */
export const FOOTPRINT = {
  /** Resident memory above that of a Node of the same version that does nothing. */
  aboveEmptyNodeMb: 40,
  /** Below, not at most; of all threads. */
  wakeupsPerSecond: 5,
  /** Of one core. */
  cpuPercent: 0.3,
  wakeupsPerBfdSession: 25,
} as const;
