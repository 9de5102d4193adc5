import { ENV_MARKER_PREFIX, SECRET_MARKER_PREFIX } from '@walkeros/core';
import { codePrefix, runCode } from '../../config/code.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A value of the configuration whose environment variable is not set. */
export interface Unset {
  /** Within the destination's `config`, such as `settings.kafka.sasl.password`. */
  readonly path: string;
  readonly variable: string;
}

export interface Replaced {
  readonly value: unknown;
  readonly unset: readonly Unset[];
}

/**
 * Replaces what a bundle of `walkeros` looks up when it starts: environment variables, secrets and code. As there, a variable
 * that is not set gives undefined, or "undefined" within a longer text.
 * @param value as `getFlowSettings` of @walkeros/core leaves it with `deferred`
 * @throws CodeFault if code of the settings does not run
 */
export function replaceReferences(value: unknown, environment: Environment, path = ''): Replaced {
  if (typeof value === 'string') return replaceText(value, environment, path);
  if (typeof value !== 'object' || value === null) return { value, unset: [] };
  const entries = Object.entries(value).map(([name, inner]) => {
    const inside = Array.isArray(value) ? `${path}[${name}]` : [path, name].filter(Boolean).join('.');
    return [name, replaceReferences(inner, environment, inside)] as const;
  });
  const unset = entries.flatMap(([, replaced]) => replaced.unset);
  if (Array.isArray(value)) return { value: entries.map(([, replaced]) => replaced.value), unset };
  return { value: Object.fromEntries(entries.map(([name, replaced]) => [name, replaced.value])), unset };
}

const variable = new RegExp(
  `${ENV_MARKER_PREFIX}([a-zA-Z_][a-zA-Z0-9_]*)(?::((?:(?!${ENV_MARKER_PREFIX})[^\\s"'])*))?`,
  'g',
);

function replaceText(text: string, environment: Environment, path: string): Replaced {
  if (text.startsWith(SECRET_MARKER_PREFIX)) {
    const name = text.slice(SECRET_MARKER_PREFIX.length);
    const value = environment[name];
    return { value, unset: value === undefined ? [{ path, variable: name }] : [] };
  }
  // The walkeros CLI runs the same code of the user's file. Here only what shapes a record is needed.
  if (text.startsWith(codePrefix) && /^(settings|mapping|data|policy)\b/.test(path))
    return { value: runCode(text, `config.${path}`), unset: [] };
  const unset: Unset[] = [];
  const found = [...text.matchAll(variable)];
  const lookUp = (name: string, fallback: string | undefined): string | undefined => {
    const value = environment[name] ?? fallback;
    if (value === undefined) unset.push({ path, variable: name });
    return value;
  };
  const [only] = found;
  if (only !== undefined && only[0] === text) return { value: lookUp(only[1] ?? '', only[2]), unset };
  const value = text.replace(variable, (_, name: string, fallback: string | undefined) =>
    String(lookUp(name, fallback)),
  );
  return { value, unset };
}
