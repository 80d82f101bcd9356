import type { IngestProgress } from '../../services/evaluator/ingest/ingest-file.ts';
import type { CommandContext } from './command-context.ts';
import { printNote } from './print.ts';

const NOTE_INTERVAL_MS = 2_000;

/**
 * Tells on standard error every two seconds how far a file is, and how long the rest will take at the pace so far.
 *
 * @param bytesRead bytes of the file read so far, as they lie on disk
 */
export function createIngestProgress(
  context: CommandContext,
  file: { readonly path: string; readonly bytes: number },
  bytesRead: () => number,
): (progress: IngestProgress) => void {
  const startedAt = context.now();
  let nextAt = startedAt + NOTE_INTERVAL_MS;
  return (progress) => {
    const now = context.now();
    if (now < nextAt) return;
    nextAt = now + NOTE_INTERVAL_MS;
    const share = Math.min(1, bytesRead() / Math.max(1, file.bytes));
    const left = share === 0 ? '' : `, about ${describeSeconds(((now - startedAt) / 1_000) * (1 / share - 1))} left`;
    printNote(
      context,
      `${file.path}: ${Math.round(100 * share)} %, ${progress.calls} calls, ${progress.skipped} skipped${left}`,
    );
  };
}

function describeSeconds(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)}s` : `${Math.round(seconds / 60)}m`;
}
