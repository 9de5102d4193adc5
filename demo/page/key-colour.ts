/** Hues in degrees, far enough apart to be told from one another and from the red of a fault. */
const hues = [165, 255, 305, 85, 205, 340, 130, 280, 60, 230];

/** The same key has the same hue everywhere: in the shop, on its track, in its row. */
export function hueOf(key: string | null): number {
  let hash = 2_166_136_261;
  for (let at = 0; at < (key?.length ?? 0); at++) {
    hash = Math.imul(hash ^ (key?.charCodeAt(at) ?? 0), 16_777_619);
  }
  return hues[(hash >>> 0) % hues.length] ?? 165;
}
