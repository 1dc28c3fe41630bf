/** linux/if.h IFNAMSIZ less its final zero. The kernel would cut a longer name, and take another link; an empty one is none. */
const NAME_BYTES = 15;

/** A link's name as SO_BINDTODEVICE wants it. Throws where it cannot be one. */
export function deviceName(device: string): Uint8Array {
  const name = Buffer.from(`${device}\0`);
  if (name.indexOf(0) !== name.length - 1 || name.length - 1 > NAME_BYTES || device === "")
    throw new Error(`device: found ${JSON.stringify(device)}, expected the name of a link, at most ${NAME_BYTES} bytes`);
  return name;
}
