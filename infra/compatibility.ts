import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { migrateAll } from '#shared/database/migrate.ts';
import { LINES } from '../services/gateway/testing/conformance/lines.ts';
import { pageCells } from '../services/gateway/testing/conformance/page-cells.ts';
import { type CaseResult, runConformance } from '../services/gateway/testing/conformance/run-conformance.ts';
import { compatibilityPage, failuresOf, totalsOf } from '../services/gateway/testing/conformance/table.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';

/**
 * Runs every line of the compatibility list and writes docs/compatibility.md, or with `--check` compares the page that
 * is there with the run. Exits 1 when a line fails or the page is out of date.
 */
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PAGE = join(ROOT, 'docs', 'compatibility.md');
const log = pino({ level: 'error' }, pino.destination(2));
/** A database that is thrown away; waiting for its disk proves nothing. */
const WITHOUT_DURABILITY = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

async function run(): Promise<readonly CaseResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-compatibility-'));
  // Under root the server runs as another user, who must be able to pass through.
  chmodSync(folder, 0o711);
  try {
    const server = await startEmbeddedPostgres({ dataDir: folder, log, settings: WITHOUT_DURABILITY });
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

const isCheck = process.argv.includes('--check');
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
