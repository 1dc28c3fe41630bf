/** Secrets: revisions, and signatures. */

import type { Secrets } from "../../../announcer.ts";
import type { Methods } from "../../cell/channel.ts";
import { demandFunction, type FarSide, ownBytes } from "../far-side.ts";
import type { Lender } from "../lender.ts";
import { text } from "../read.ts";
import { newHandle } from "./addresses.ts";
import { body } from "./body.ts";

/** As Kubernetes names objects. */
export const secretName = text(253);

export function lendSecrets(lender: Lender): Methods {
  const { context, handles } = lender;
  return {
    "secrets.watch": lender.told("to watch a Secret", [newHandle, secretName], (id, name) => {
      const tell = lender.updates<string | undefined>(id, "revision", 1, (revision) => revision);
      handles.watch(id, () => context.secrets.watch(name, tell));
    }),
    "secrets.hmac": lender.called([secretName, body(lender)], (name, bytes) => context.secrets.hmac(name, bytes)),
  };
}

export function borrowSecrets(far: FarSide): Secrets {
  return {
    watch(name, call) {
      demandFunction("secrets.watch", call);
      const id = far.open({ revision: (revision) => far.run("secrets.watch", call, revision ?? undefined) });
      far.tell("secrets.watch", id, name);
      return far.closer(id);
    },
    hmac: async (name, bytes) => (await far.call("secrets.hmac", name, far.parcel(ownBytes(bytes)))) as Uint8Array,
  };
}
