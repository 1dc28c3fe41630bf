/** Where the API server has a resource. */

/** `/api/v1/services`, `/apis/metallb.io/v1beta1/namespaces/herald/bgppeers`. Without a namespace: the objects of all, or those of none. */
export function collectionPath(apiVersion: string, plural: string, namespace?: string): string {
  const base = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return namespace === undefined ? `${base}/${plural}` : `${base}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}

/** `bgppeers` of `BGPPeer`. Every kind that Herald knows has a regular one. */
export function pluralOf(kind: string): string {
  const word = kind.toLowerCase();
  if (word.endsWith("y")) return `${word.slice(0, -1)}ies`;
  return word.endsWith("s") ? `${word}es` : `${word}s`;
}
