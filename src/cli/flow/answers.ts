import { isObject } from '../../model/foreign.ts';

const expressSource = '@walkeros/server-source-express';

/** Ids of the sources that answer a POST before its events are delivered. */
export function earlySources(sources: unknown): string[] {
  return Object.entries(isObject(sources) ? sources : {}).flatMap(([id, source]: [string, unknown]) =>
    fieldOf(source, 'package') === expressSource && answersFirst(fieldOf(source, 'config')) ? [id] : [],
  );
}

/** `async` is true by default; newer versions take it by method, too. */
function answersFirst(config: unknown): boolean {
  const async = fieldOf(fieldOf(config, 'settings'), 'async');
  if (!isObject(async)) return async !== false;
  const post = Object.entries(async).find(([method]) => method.toUpperCase() === 'POST');
  return post?.[1] !== false;
}

/** Where the configuration of a destination makes batches, such as `mapping.order.complete.batch`. */
export function batchPaths(config: { readonly batch?: unknown; readonly mapping?: unknown }): string[] {
  const ofRules = Object.entries(isObject(config.mapping) ? config.mapping : {}).flatMap(
    ([entity, actions]) =>
      Object.entries(isObject(actions) ? actions : {}).flatMap(([action, rules]: [string, unknown]) => {
        const isBatched = [rules].flat().some((rule) => fieldOf(rule, 'batch') !== undefined);
        return isBatched ? [`mapping.${entity}.${action}.batch`] : [];
      }),
  );
  return [...(config.batch === undefined ? [] : ['batch']), ...ofRules];
}

function fieldOf(value: unknown, name: string): unknown {
  return isObject(value) ? Reflect.get(value, name) : undefined;
}
