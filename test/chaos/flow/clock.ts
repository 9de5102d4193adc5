const RealDate = Date;
let shift = 0;

/** As if somebody set the machine's clock, as far as JavaScript sees it: `performance.now()` and timers go on as before. */
export function shiftClock(ms: number): void {
  shift += ms;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args: unknown[], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [RealDate.now() + shift] : args, newTarget) as Date,
    apply: () => new RealDate(RealDate.now() + shift).toString(),
    get: (target, name, receiver) =>
      name === 'now' ? () => RealDate.now() + shift : (Reflect.get(target, name, receiver) as unknown),
  });
}
