import type { CompileReader } from './format.ts';

/** Behind a JSON Schema's id stands JSON; to read it nobody needs the schema. */
export const jsonReader: CompileReader = () => (payload) => {
  const json = payload.toString();
  return { value: JSON.parse(json) as unknown, json };
};
