/** Permissions: asked of the host, which alone knows. */

import type { Permission } from "../../../announcer.ts";
import type { Methods } from "../../cell/channel.ts";
import type { Lender } from "../lender.ts";
import { list, object, oneOf, optional, type Reader, refuse, text, whole } from "../read.ts";

/** As many as a `Plugin` may grant. */
const MOST_PERMISSIONS = 64;
const host = text(64);
const fields: { readonly [Kind in Permission["kind"]]: Reader<unknown> } = {
  frame: object({
    kind: oneOf("frame"),
    link: text(253),
    etherType: whole(0, 0xffff),
    ipProtocol: optional(whole(0, 255)),
    sourceMac: optional(text(17)),
  }),
  net: object({ kind: oneOf("net"), host }),
  listen: object({ kind: oneOf("listen"), host }),
  udp: object({ kind: oneOf("udp"), host }),
  liveness: object({ kind: oneOf("liveness"), host }),
  fetch: object({ kind: oneOf("fetch"), origin: text(300) }),
  service: object({ kind: oneOf("service"), annotation: text(317) }),
  secret: object({ kind: oneOf("secret"), name: text(253) }),
  sys: object({ kind: oneOf("sys"), fact: text(253) }),
};
const kindOf = object({ kind: text(32) });

/** One of the known kinds, with its fields and no others. That its scope can be read is not looked at. */
export const permission: Reader<Permission> = (value, path) => {
  const { kind } = kindOf(value, path);
  if (!Object.hasOwn(fields, kind)) return refuse(kind, `${path}.kind`, `one of ${Object.keys(fields).join(", ")}`);
  return fields[kind as Permission["kind"]](value, path) as Permission;
};

export const permissions: Reader<readonly Permission[]> = list(permission, MOST_PERMISSIONS);

export function lendPermissions(lender: Lender): Methods {
  const { permissions } = lender.context;
  return {
    "permissions.query": lender.called([permission], (asked) => permissions.query(asked)),
    "permissions.request": lender.called([permission], (asked) => permissions.request(asked)),
    "permissions.revoke": lender.called([permission], (asked) => permissions.revoke(asked)),
  };
}
