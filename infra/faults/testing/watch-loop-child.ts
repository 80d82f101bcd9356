import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/**
 * Loaded into a service before its own code (`--import`): writes how late its event loop runs to the file that
 * `LOOP_DELAY_FILE` names, and begins anew at SIGUSR2. In the gateway alone, and in the thread that serves calls.
 */
const file = process.env['LOOP_DELAY_FILE'];
const INTERVAL_MS = 500;
const NANOSECONDS_PER_MS = 1e6;

if (file !== undefined && isMainThread && process.argv[1]?.includes('/services/gateway/') === true) {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  process.on('SIGUSR2', () => histogram.reset());
  const write = () => {
    const p99Ms = histogram.percentile(99) / NANOSECONDS_PER_MS;
    writeFileSync(file, JSON.stringify({ p99Ms, maxMs: histogram.max / NANOSECONDS_PER_MS, count: histogram.count }));
  };
  setInterval(write, INTERVAL_MS).unref();
}
