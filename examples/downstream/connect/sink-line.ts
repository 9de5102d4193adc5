import type { EventRow } from '../expected.ts';

/**
 * Reads a line of the file sink, which prints Java's own text of a value: `{name=page view, data={quantity=2}, …}` for
 * JSON, `Struct{name=page view,data={quantity=2},…}` for Avro.
 */
export function eventRow(line: string): EventRow {
  const text = (name: string): string | undefined =>
    new RegExp(`(?:^|[{ ,])${name}=([^,{}]*)`).exec(line)?.[1];
  const quantity = text('quantity');
  return {
    id: text('id') ?? '',
    name: text('name') ?? '',
    timestamp: Number(text('timestamp')),
    recorded: Number(text('recorded')),
    ...(quantity !== undefined && { quantity: Number(quantity) }),
  };
}
