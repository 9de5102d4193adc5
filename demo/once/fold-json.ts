import { printable, type Paint } from '../terminal/paint.ts';

/**
 * JSON for reading: members share a line while they fit into `width` columns; what is too long for one opens up.
 * A text that is not JSON, or that would read differently when printed anew (1.0, a number beyond 2^53, a name twice),
 * comes back as it is, for it is shown as what is stored.
 */
export function foldJson(text: string, width: number, paint: Paint): string {
  const value = parse(text);
  if (value === undefined) return printable(text);
  return fold(value, '', width)
    .split('\n')
    .map((line) => paintNames(printable(line), paint))
    .join('\n');
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

/** @param taken columns that stand before the value on its line */
function fold(value: unknown, indent: string, width: number, taken = 0): string {
  const flat = onOneLine(value);
  const members = membersOf(value);
  if (members.length === 0 || taken + flat.length <= width) return flat;
  const inner = `${indent}  `;
  const lines: string[] = [];
  let open = '';
  members.forEach(({ label, child }, index) => {
    const comma = index < members.length - 1 ? ',' : '';
    const short = `${label}${onOneLine(child)}${comma}`;
    if (open !== '' && inner.length + open.length + 1 + short.length <= width) {
      open += ` ${short}`;
      return;
    }
    if (open !== '') lines.push(open);
    open = inner.length + short.length <= width ? short : '';
    if (open === '')
      lines.push(`${label}${fold(child, inner, width, inner.length + label.length + 1)}${comma}`);
  });
  if (open !== '') lines.push(open);
  const [first, last] = Array.isArray(value) ? '[]' : '{}';
  return [first, ...lines.map((line) => inner + line), `${indent}${last}`].join('\n');
}

function onOneLine(value: unknown): string {
  const members = membersOf(value).map(({ label, child }) => `${label}${onOneLine(child)}`);
  if (members.length === 0) return JSON.stringify(value);
  return Array.isArray(value) ? `[${members.join(', ')}]` : `{ ${members.join(', ')} }`;
}

function membersOf(value: unknown): { readonly label: string; readonly child: unknown }[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([name, child]: [string, unknown]) => ({
    label: Array.isArray(value) ? '' : `${JSON.stringify(name)}: `,
    child,
  }));
}

/** Names recede, values stand out. Strings are matched whole, so a colon inside one is not mistaken. */
function paintNames(line: string, paint: Paint): string {
  return line.replace(/"(?:[^"\\]|\\.)*"(: )?/g, (text: string, isName?: string) =>
    isName === undefined ? text : paint('dim', text),
  );
}
