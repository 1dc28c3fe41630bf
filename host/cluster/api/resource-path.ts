/**
 * Where the API server has a resource, or one object of it: `/api/v1/namespaces/web/services/blog`, `/apis/metallb.io/v1beta1/bgppeers`.
 * `group` is empty for the core group. Without a namespace: the objects of all namespaces, or those that have none.
 */
export function resourcePath(group: string, version: string, plural: string, namespace?: string, name?: string): string {
  const root = group === "" ? ["api", version] : ["apis", group, version];
  const within = namespace === undefined ? [] : ["namespaces", namespace];
  const object = name === undefined ? [] : [name];
  return `/${[...root, ...within, plural, ...object].map(encodeURIComponent).join("/")}`;
}
