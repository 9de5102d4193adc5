/**
 * What a terminal or a log viewer obeys instead of showing it: C0, DEL and C1, the separators of lines and paragraphs, and the
 * marks that turn the direction of the text.
 */
// eslint-disable-next-line no-control-regex
const controls = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
/** Those of them that stand in JSON unescaped. A line break there is one between tokens. */
const controlsOfJson = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * What comes from outside, on one line and with control characters as JSON escapes them (`\u001b`): names of events and topics,
 * keys, and the words of brokers and registries. Safe twice.
 */
export function printable(text: string): string {
  return text.replace(controls, escaped);
}

/** The same of JSON, which stays the JSON that it is. */
export function printableJson(json: string): string {
  return json.replace(controlsOfJson, escaped);
}

function escaped(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
