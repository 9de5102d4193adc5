import { step } from '../../src/examples/index.ts';
import type { StepExample } from '../../src/examples/step.ts';

/** docs/examples.md: each worked example as configuration, event and what Kafka stores. */
export function examplesText(): string {
  return Object.values(step)
    .filter((example) => example.public !== false)
    .map(exampleText)
    .join('\n\n');
}

function exampleText({ title, description, in: event, mapping, settings, out }: StepExample): string {
  const config = mapping
    ? { settings, mapping: { [event.entity]: { [event.action]: mapping } } }
    : { settings };
  return [
    `## ${title}`,
    description,
    'Configuration:',
    json(config),
    'Event:',
    json(event),
    'Stored:',
    ...out.map(([, { topic, messages }]) => json(messages.map((message) => ({ topic, ...message })).at(0))),
  ].join('\n\n');
}

function json(value: unknown): string {
  return `\`\`\`json\n${JSON.stringify(value, asCode, 2)}\n\`\`\``;
}

/** JSON has no functions; a flow file writes them as text. */
function asCode(_name: string, value: unknown): unknown {
  return typeof value === 'function' ? `$code:${Function.prototype.toString.call(value)}` : value;
}
