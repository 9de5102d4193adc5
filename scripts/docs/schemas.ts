import { avroSchema, protobufSchema } from '../../src/schema/walkeros-event/schemas.ts';

/** The ready-made schemas of the event, for docs/schemas.md. */

export const avroText = (): string => fenced('json', JSON.stringify(avroSchema));

export const protobufText = (): string => fenced('proto', protobufSchema.trim());

const fenced = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\``;
