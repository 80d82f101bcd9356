import { readFileSync } from 'node:fs';

/**
 * Loaded into a service before its own code (`--import`): its wall clock is wrong by as many milliseconds as the file
 * that `CLOCK_FILE` names says for it, now and whenever that changes, so that a clock can be set back under a running
 * process. Timers and `performance.now()` go on as they do when somebody sets a clock.
 */
const file = process.env['CLOCK_FILE'];
const service = /\/services\/(\w+)\//.exec(process.argv[1] ?? '')?.[1];
const LOOK_INTERVAL_MS = 200;

if (file !== undefined && service !== undefined) {
  let skewMs = 0;
  const look = () => {
    try {
      skewMs = (JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>)[service] ?? 0;
    } catch {
      // It is being written.
    }
  };
  look();
  setInterval(look, LOOK_INTERVAL_MS).unref();
  const Real = Date;
  const now = () => Real.now() + skewMs;
  const Skewed = new Proxy(Real, {
    construct: (target, given, newTarget: new () => Date) =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget) as Date,
    apply: () => new Real(now()).toString(),
    get: (target, key, receiver) => (key === 'now' ? now : (Reflect.get(target, key, receiver) as unknown)),
  });
  globalThis.Date = Skewed;
}
