import { createHook, type AsyncHook } from 'node:async_hooks';
import { assert, type IAsyncProperty, type Parameters } from 'fast-check';

const hooks = new Set<AsyncHook>();

/**
 * Node's runner follows every promise of its process by an async hook, to know which test an uncaught error belongs to. That
 * takes half of the CPU of a test that makes millions of them. Called before the runner starts: its hook is then known here.
 */
export function keepRunnersHooks(): void {
  const prototype = Object.getPrototypeOf(createHook({})) as { enable: AsyncHook['enable'] };
  const { enable } = prototype;
  prototype.enable = function (this: AsyncHook) {
    hooks.add(this);
    return enable.call(this);
  };
}

/**
 * Runs `work` without that hook. Only where one test runs at a time: an uncaught error meanwhile counts for the file, and
 * not for its test. Under a plain `node --test` the hook stays.
 */
async function untracked(work: () => Promise<void>): Promise<void> {
  for (const hook of hooks) hook.disable();
  try {
    await work();
  } finally {
    for (const hook of hooks) hook.enable();
  }
}

/** `fc.assert` of a property with promises by the million. */
export function assertProperty<T>(property: IAsyncProperty<T>, parameters: Parameters<T>): Promise<void> {
  return untracked(() => assert(property, parameters));
}
