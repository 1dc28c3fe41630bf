/** Services: all that the plugin's announcements name, at every change; of many changes the last. */

import type { ServiceInfo, Services } from "../../../announcer.ts";
import type { Methods, Plain } from "../../cell/channel.ts";
import { demandFunction, type FarSide } from "../far-side.ts";
import type { Lender } from "../lender.ts";
import { list, text } from "../read.ts";
import { newHandle } from "./addresses.ts";

/** A prefix of 253, a slash, a name of 63, as Kubernetes has them. */
const annotations = list(text(317), 64);

export function lendServices(lender: Lender): Methods {
  const { context, handles } = lender;
  return {
    "services.watch": lender.told("to watch Services", [newHandle, annotations], (id, wanted) => {
      const tell = lender.lists(id, "services");
      handles.watch(id, () => context.services.watch(wanted, (services) => tell(services as unknown as readonly Plain[])));
    }),
  };
}

export function borrowServices(far: FarSide): Services {
  return {
    watch(wanted, call) {
      demandFunction("services.watch", call);
      let next: ServiceInfo[] = [];
      const id = far.open({
        services(part, isLast) {
          next.push(...(part as unknown as readonly ServiceInfo[]));
          if (isLast !== true) return;
          const all = far.harden(next);
          next = [];
          far.run("services.watch", call, all);
        },
      });
      far.tell("services.watch", id, [...wanted]);
      return far.closer(id);
    },
  };
}
