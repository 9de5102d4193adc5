import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A `flow.json` as a page of docs/platforms shows it. */
export interface PlatformFlow {
  /** Page and number on it. */
  readonly name: string;
  readonly text: string;
  readonly flow: FlowFile['flows']['default'];
  readonly destination: { readonly config: { readonly settings: unknown; readonly setup?: unknown } };
}

interface FlowFile {
  readonly version: number;
  readonly flows: {
    readonly default: { readonly destinations: { readonly kafka: PlatformFlow['destination'] } };
  };
}

export function platformFlows(): PlatformFlow[] {
  const folder = join(import.meta.dirname, '../../docs/platforms');
  return globSync('*.md', { cwd: folder })
    .sort()
    .flatMap((page) =>
      [...readFileSync(join(folder, page), 'utf8').matchAll(/```json\n([^`]+)```/g)].map(
        ([, text = ''], n) => {
          const flow = (JSON.parse(text) as FlowFile).flows.default;
          return {
            name: `${basename(page, '.md')} ${n + 1}`,
            text,
            flow,
            destination: flow.destinations.kafka,
          };
        },
      ),
    );
}
