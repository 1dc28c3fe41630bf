/**
 * Webhook: tells an HTTP endpoint which node has an address, for networks that are run by an API: floating addresses of a cloud, a home
 * router's table.
 *
 * In come announcements; what is to be called for them is in the config, with placeholders (`template.ts`). Out go calls, in order for each
 * address and some at once for different ones (`calls.ts`), signed and with secrets that the host puts in (`send.ts`), until they are
 * answered well. What is remembered is what was said in this life: after a restart everything is announced again, so the endpoint must bear to
 * hear what it knows.
 *
 * The owner of an address calls. An address that moves is announced by its next owner, and not withdrawn by the last one, whose call might come
 * later.
 */

import { type Announcement, type Announcer, definePlugin, type Permission } from "herald";
import { Calls, type Goal } from "./calls.ts";
import { ATTRIBUTES_SCHEMA, type CallConfig, CONFIG_SCHEMA, DEFAULTS, originOf, type WebhookConfig } from "./config.ts";
import { send } from "./send.ts";
import { render, valuesOf } from "./template.ts";

/** How long a node that leaves waits for its last calls; it has 5 s. */
const LEAVE_MS = 4000;

export default definePlugin<WebhookConfig>({
  name: "webhook",
  api: 1,
  from: "owner",
  serves: { kind: "webhook", families: [4, 6] },
  config: CONFIG_SCHEMA,
  attributes: ATTRIBUTES_SCHEMA,
  example: { announce: { url: "https://api.example.com/addresses/{vip}", method: "PUT", body: { node: "{node}" } } },
  permissions: permissionsOf,

  async start(context, config): Promise<Announcer> {
    const { concurrency = DEFAULTS.concurrency, timeoutSeconds = DEFAULTS.timeoutSeconds } = config;
    const { longestPauseSeconds = DEFAULTS.longestPauseSeconds } = config;
    const calls = new Calls(context, {
      concurrency,
      longestPauseMs: longestPauseSeconds * 1000,
      perform: (goal) => send(context, config, goal, timeoutSeconds * 1000),
    });
    const life = context.clock.wallMs().toString(36);
    let intents = 0;
    const goalOf = (action: Goal["action"], call: CallConfig, row: Announcement): Goal => ({
      ...render(call, valuesOf(row, context.node), action === "announce" ? "POST" : "DELETE"),
      ...{ action, key: `${context.node}-${row.vip}-${life}-${++intents}` },
    });
    const refusal = (row: Announcement): string | undefined => {
      try {
        calls.announce(row.vip, goalOf("announce", config.announce, row));
        if (config.withdraw !== undefined) render(config.withdraw, valuesOf(row, context.node), "DELETE");
        return undefined;
      } catch (error) {
        return (error as Error).message;
      }
    };

    return {
      async apply({ added, changed, removed, moved }) {
        for (const row of removed) {
          const isTold = config.withdraw !== undefined && moved?.has(row.vip) !== true;
          calls.withdraw(row.vip, isTold ? goalOf("withdraw", config.withdraw as CallConfig, row) : undefined);
        }
        return [...added, ...changed].flatMap((row) => {
          const reason = refusal(row);
          return reason === undefined ? [] : { vip: row.vip, reason };
        });
      },
      async stop(why) {
        const late = new Promise<void>((resolve) => void context.clock.after(LEAVE_MS, resolve));
        if (why === "leave") await Promise.race([calls.settled(), late]);
        calls.close();
      },
    };
  },
});

function permissionsOf({ announce, withdraw, headers = {}, sign }: WebhookConfig): Permission[] {
  const urls = [announce.url, ...(withdraw === undefined ? [] : [withdraw.url])];
  const names = [
    ...Object.values(headers).flatMap((value) => (typeof value === "string" ? [] : value.secret)),
    ...(sign === undefined ? [] : [sign.secret]),
  ];
  return [
    ...[...new Set(urls.map(originOf))].map((origin): Permission => ({ kind: "fetch", origin })),
    ...[...new Set(names)].map((name): Permission => ({ kind: "secret", name })),
  ];
}
