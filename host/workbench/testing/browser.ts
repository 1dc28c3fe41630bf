/**
 * A headless Chromium that opens one page: what it asks the network for, what it complains of, what a script sees in it, and a picture.
 *
 * It is driven by the Chrome DevTools Protocol over a pipe: messages of JSON, a NUL behind each, to descriptor 3 and from 4.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { findTool, tool } from "./requirements.ts";

export const chromium = tool("chromium");

export interface View {
  readonly width: number;
  readonly height: number;
  readonly isDark?: boolean;
  readonly isPrint?: boolean;
}

export interface Seen<Result> {
  readonly result: Result;
  /** Console messages and exceptions. */
  readonly complaints: readonly string[];
  /** Everything that it asked for but the page itself. */
  readonly requests: readonly string[];
  readonly png: Buffer;
}

const ANSWER_TIMEOUT_MS = 30_000;

type Message = {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: never;
  readonly error?: { message: string };
};

/** As root it has no sandbox; it opens nothing but files of our own. */
const FLAGS = ["--headless=new", "--no-sandbox", "--remote-debugging-pipe", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];
const QUIET = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--hide-scrollbars",
  "--proxy-server=127.0.0.1:9",
];

export class Browser {
  readonly #child;
  readonly #folder: string;
  readonly #waiting = new Map<number, { resolve(result: never): void; reject(error: Error): void }>();
  readonly #listeners = new Set<(message: Message) => void>();
  #lastId = 0;

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), "herald-browser-"));
    this.#child = spawn(findTool("chromium") ?? "chromium", [...FLAGS, ...QUIET, `--user-data-dir=${this.#folder}`, "about:blank"], {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
      env: { ...process.env, HOME: this.#folder },
    });
    let rest = "";
    (this.#child.stdio[4] as Readable).setEncoding("utf8").on("data", (text: string) => {
      const messages = (rest + text).split("\0");
      rest = messages.pop() ?? "";
      for (const message of messages) this.#take(JSON.parse(message));
    });
    (this.#child.stdio[3] as Writable).on("error", () => {}); // it ended: who waits is told
    this.#child.once("exit", () => this.#fail(new Error("Cannot drive the browser: it ended")));
    this.#child.once("error", (error) => this.#fail(error));
  }

  /** Opens a file, and evaluates `script`, an expression, in it once it is drawn. */
  async look<Result>(file: string, { width, height, isDark = false, isPrint = false }: View, script: string): Promise<Seen<Result>> {
    const { targetId } = await this.#call<{ targetId: string }>("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.#call<{ sessionId: string }>("Target.attachToTarget", { targetId, flatten: true });
    const call = <Answer>(method: string, params: object = {}) => this.#call<Answer>(method, params, sessionId);
    const complaints: string[] = [];
    const requests: string[] = [];
    const listener = ({ method, params = {} }: Message) => {
      if (method === "Runtime.exceptionThrown" || method === "Runtime.consoleAPICalled" || method === "Log.entryAdded")
        complaints.push(JSON.stringify(params));
      if (method === "Network.requestWillBeSent") requests.push((params["request"] as { url: string }).url);
    };
    this.#listeners.add(listener);
    try {
      for (const domain of ["Page", "Runtime", "Log", "Network"]) await call(`${domain}.enable`);
      await call("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 600 });
      await call("Emulation.setEmulatedMedia", {
        media: isPrint ? "print" : "screen",
        features: [{ name: "prefers-color-scheme", value: isDark ? "dark" : "light" }],
      });
      const loaded = this.#until("Page.loadEventFired");
      await call("Page.navigate", { url: `file://${file}` });
      await loaded;
      const found = await call<{ result: { value: Result }; exceptionDetails?: object }>("Runtime.evaluate", {
        ...{ expression: script, returnByValue: true, awaitPromise: true },
      });
      if (found.exceptionDetails !== undefined) throw new Error(`Cannot look at ${file}: ${JSON.stringify(found.exceptionDetails)}`);
      const { data } = await call<{ data: string }>("Page.captureScreenshot", { format: "png" });
      await call("Page.close");
      return {
        result: found.result.value,
        complaints,
        requests: requests.filter((url) => url !== `file://${file}`),
        png: Buffer.from(data, "base64"),
      };
    } finally {
      this.#listeners.delete(listener);
    }
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("close", resolve));
    if (this.#child.exitCode === null && this.#child.signalCode === null && this.#child.kill("SIGKILL")) await ended;
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #call<Answer>(method: string, params: object, sessionId?: string): Promise<Answer> {
    const id = ++this.#lastId;
    const answer = new Promise<Answer>((resolve, reject) => this.#waiting.set(id, { resolve: resolve as (result: never) => void, reject }));
    (this.#child.stdio[3] as Writable).write(
      `${JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) })}\0`,
    );
    return within(answer, method);
  }

  #until(method: string): Promise<void> {
    return within(
      new Promise<void>((resolve) => {
        const listener = (message: Message) => {
          if (message.method !== method) return;
          this.#listeners.delete(listener);
          resolve();
        };
        this.#listeners.add(listener);
      }),
      method,
    );
  }

  #take(message: Message): void {
    const waiting = this.#waiting.get(message.id ?? 0);
    if (waiting === undefined) for (const listener of this.#listeners) listener(message);
    this.#waiting.delete(message.id ?? 0);
    if (message.error !== undefined) waiting?.reject(new Error(`Cannot drive the browser: ${message.error.message}`));
    else waiting?.resolve(message.result as never);
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

function within<Answer>(answer: Promise<Answer>, what: string): Promise<Answer> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Cannot drive the browser: ${what} took ${ANSWER_TIMEOUT_MS / 1000} s`)), ANSWER_TIMEOUT_MS);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
