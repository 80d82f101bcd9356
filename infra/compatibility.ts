import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pino from 'pino';
import { migrateAll } from '#shared/database/migrate.ts';
import { LINES } from '../services/gateway/testing/conformance/lines.ts';
import { pageCells } from '../services/gateway/testing/conformance/page-cells.ts';
import { type CaseResult, runConformance } from '../services/gateway/testing/conformance/run-conformance.ts';
import { compatibilityPage, failuresOf, totalsOf } from '../services/gateway/testing/conformance/table.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';

const HELP = `Run every line of the compatibility list against every format, and write docs/compatibility.md from the run.

  npm run compatibility -- [--check]

  --check  leave the page as it is, and say whether it is what the run shows

Exits 1 when a line fails, or with --check when the page is out of date. Takes half a minute.`;

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PAGE = join(ROOT, 'docs', 'compatibility.md');
const log = pino({ level: 'error' }, pino.destination(2));
/** What a shell takes for "ended by the user". */
const INTERRUPTED = 130;
/** A database that is thrown away; waiting for its disk proves nothing. */
const WITHOUT_DURABILITY = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

async function run(): Promise<readonly CaseResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-compatibility-'));
  // Under root the server runs as another user, who must be able to pass through.
  chmodSync(folder, 0o711);
  try {
    const server = await startEmbeddedPostgres({ dataDir: folder, log, settings: WITHOUT_DURABILITY });
    const giveUp = async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
      process.exit(INTERRUPTED);
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void giveUp());
    try {
      await migrateAll(server.connectionString);
      return await runConformance(LINES, server.connectionString);
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isCurrent(page: string): boolean {
  const written = pageCells(readFileSync(PAGE, 'utf8'));
  return written.join('\n') === pageCells(page).join('\n');
}

async function report({ isCheck }: { readonly isCheck: boolean }): Promise<void> {
  const results = await run();
  const page = compatibilityPage(results);
  const failures = failuresOf(results);
  const { pass, fail, not_applicable: exempt } = totalsOf(results);
  for (const failure of failures) process.stdout.write(`FAIL ${failure}\n`);
  process.stdout.write(`${LINES.length} lines: ${pass} pass, ${fail} fail, ${exempt} not applicable\n`);
  const isStale = isCheck && !isCurrent(page);
  if (isStale) process.stdout.write('docs/compatibility.md is out of date: npm run compatibility\n');
  if (!isCheck) {
    writeFileSync(PAGE, page);
    execFileSync(join(ROOT, 'node_modules', '.bin', 'biome'), ['format', '--write', PAGE], { stdio: 'ignore' });
  }
  process.exitCode = failures.length > 0 || isStale ? 1 : 0;
}

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false }, help: { type: 'boolean' } } });
if (values.help === true) process.stdout.write(`${HELP}\n`);
else await report({ isCheck: values.check });
