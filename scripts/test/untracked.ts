import { createHook, type AsyncHook } from 'node:async_hooks';

/**
 * Node's runner follows every promise of its process by an async hook, to know which test a suite builds and which an uncaught
 * error belongs to. That takes a sixth of the unit part's CPU, and half of a test's that makes promises by the million.
 *
 * Called before the runner starts.
 * @returns ends that hook. An uncaught error then fails the process and not its test, and what `after` from `node:test` is
 * given in the middle of a test is left for the end of all.
 */
export function runnersHook(): () => void {
  const hooks: AsyncHook[] = [];
  const prototype = Object.getPrototypeOf(createHook({})) as { enable: AsyncHook['enable'] };
  const { enable } = prototype;
  prototype.enable = function (this: AsyncHook) {
    hooks.push(this);
    return enable.call(this);
  };
  return () => {
    prototype.enable = enable;
    for (const hook of hooks) hook.disable();
  };
}
