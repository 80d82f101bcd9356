import { createDatabase, createPool } from '#shared/database/connect.ts';
import { readPromptRun } from '#shared/database/prompt-run-store.ts';
import { PROMPT_OPTIMIZERS } from '../../registry.ts';
import { advanceRun } from '../advance-run.ts';
import { scriptedReplays, scriptedTeacher } from './search-fixture.ts';

/**
 * Works on one search in a process of its own, to be killed: `node search-child.ts <database address> <project> <search>`.
 * Replays and teacher take some milliseconds each, so that a kill finds several of them under way.
 */
const [databaseUrl, project, promptRunId] = process.argv.slice(2);
if (databaseUrl === undefined || project === undefined || promptRunId === undefined) {
  throw new Error('usage: search-child.ts <database address> <project> <search>');
}
const database = createDatabase(createPool({ connectionString: databaseUrl, role: 'owner', poolMax: 4 }));
const run = await readPromptRun(database, project, promptRunId);
if (run === null) throw new Error(`there is no search ${promptRunId}`);
const delayMs = () => 2 + Math.random() * 10;
const advanced = await advanceRun(
  {
    ...{
      database,
      now: Date.now,
      teacher: scriptedTeacher({ delayMs }),
      replays: scriptedReplays(database, { delayMs }),
    },
    optimizers: new Map(PROMPT_OPTIMIZERS.map((optimizer) => [optimizer.name, optimizer])),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  },
  run,
  { signal: new AbortController().signal, patienceMs: 60_000 },
);
await database.destroy();
process.stdout.write(`${advanced.type} ${advanced.run.status}\n`);
