/**
 * JSON without half a surrogate (text cut within an emoji), which `JSON.stringify` writes as `\ud83d`: strict readers refuse
 * the whole record for it. U+FFFD stands in its place, as in every other format.
 */
export function wellFormedJson(json: string): string {
  return json.includes('\\ud') ? json.replace(escapes, repaired) : json;
}

/** Each escape as a whole, so that the backslash of `\\ud83d`, which is text, begins none. A pair stays. */
const escapes = /\\(?:u(d[89ab][\da-f]{2}\\ud[c-f][\da-f]{2})|u(d[89a-f][\da-f]{2})|.)/gi;

function repaired(escape: string, _pair: string | undefined, half: string | undefined): string {
  return half === undefined ? escape : '\ufffd';
}
