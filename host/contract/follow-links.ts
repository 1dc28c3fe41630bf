/** For built-in plugins that announce on segments: keeps the packet program on the links that are fit, and says which those are, and which were asked for in vain. */

import type { AttachOptions, Context, Link } from "../announcer.ts";
import { type LinkChoice, whyNot } from "./segment-links.ts";

/** Resolves when the program is on the links that there are; follows them until the plugin ends. */
export async function followLinks(context: Context, choice: LinkChoice, options: AttachOptions): Promise<void> {
  let attached: string | undefined;
  let told = "";

  const follow = async (links: readonly Link[]): Promise<void> => {
    const names = links.filter((link) => whyNot(link, choice) === undefined).map(({ name }) => name);
    if (names.join() !== attached) {
      attached = names.join();
      try {
        await context.program.attach(names, options);
      } catch (error) {
        attached = undefined;
        throw error;
      }
    }
    const missing = choice.interfaces.filter((name) => !names.includes(name));
    const reasons = missing.map((name) => `${name}: ${reasonFor(links, name, choice)}`);
    if (told === JSON.stringify([names, reasons])) return;
    told = JSON.stringify([names, reasons]);
    if (names.length > 0) context.log.info("Answering on links", { links: names });
    if (reasons.length > 0) context.log.warn(...missingInterfaces(links, reasons));
    else if (names.length === 0) context.log.warn("No interface to announce on; waiting for one", { links: explain(links, choice) });
  };

  await follow(context.links.all());
  context.links.watch((links) => {
    follow(links).catch((error: Error) => context.log.error("Cannot follow the links", { error: error.message }));
  });
}

function missingInterfaces(links: readonly Link[], reasons: readonly string[]): [string, Record<string, unknown>] {
  const existing = links.filter(({ loopback }) => !loopback).map(({ name }) => name);
  return ["Cannot announce on every interface that was asked for; waiting", { missing: reasons, existing }];
}

function reasonFor(links: readonly Link[], name: string, choice: LinkChoice): string {
  const link = links.find((candidate) => candidate.name === name);
  return link === undefined ? "does not exist" : (whyNot(link, choice) ?? "");
}

function explain(links: readonly Link[], choice: LinkChoice): string[] {
  return links.map((link) => `${link.name}: ${whyNot(link, choice)}`);
}
