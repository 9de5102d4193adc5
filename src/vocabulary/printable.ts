/** C0, DEL and C1: what a terminal obeys instead of showing it. */
// eslint-disable-next-line no-control-regex
const controls = /[\u0000-\u001f\u007f-\u009f]/g;

/** What strangers wrote, on one line and with control characters as JSON escapes them (`\u001b`). For people: programs get JSON. */
export function printable(text: string): string {
  return text.replace(controls, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
