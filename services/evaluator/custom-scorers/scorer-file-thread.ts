import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { ScorerFileData, ScorerFileRequest } from './scorer-file-messages.ts';

/** The thread of one scorer file: loads it, says what it is, and answers one subject after the other. */
const port = parentPort;
if (port === null) throw new Error('a scorer file runs in a thread of the evaluator');
const { path } = workerData as ScorerFileData;

const PROBLEM_CHARACTERS_MAX = 300;

try {
  const loaded = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
  const scorer = loaded.default as Readonly<Record<string, unknown>> | undefined;
  if (typeof scorer?.['score'] !== 'function') throw new TypeError('the default export has no function `score`');
  const score = scorer['score'] as (subject: unknown) => unknown;
  port.on('message', ({ id, subject }: ScorerFileRequest) => {
    void answer(id, () => score.call(scorer, subject));
  });
  const { id, version, metric, pass, owner, severity, definition } = scorer;
  port.postMessage({ type: 'ready', facts: { id, version, metric, pass, owner, severity, definition } });
} catch (error) {
  port.postMessage({ type: 'broken', problem: problemOf(error) });
}

async function answer(id: number, score: () => unknown): Promise<void> {
  try {
    const given = await score();
    // By way of JSON: what cannot be written as JSON is no answer, wherever a scorer runs.
    port?.postMessage({ type: 'answered', id, answer: JSON.parse(JSON.stringify(given ?? null)) });
  } catch (error) {
    port?.postMessage({ type: 'threw', id, problem: problemOf(error) });
  }
}

function problemOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.slice(0, PROBLEM_CHARACTERS_MAX);
}
