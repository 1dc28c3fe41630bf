import type { HostedPlugin, PluginBundle } from "../../sandbox/hosted.ts";
export async function openApart(_: PluginBundle): Promise<HostedPlugin> {
  throw new Error("soon");
}
