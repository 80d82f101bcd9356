import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { backendsOf, CATALOGUE } from './catalogue.ts';
import { seedOfRun } from './testing/seed.ts';

/** `npm run test:faults`: the suite of faults, or a part of it, from one seed that is printed. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CASES = new URL('./cases/', import.meta.url);
const VITEST = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));

const HELP = `Put faults into a whole system under load, and have the auditor look at what is left.

  npm run test:faults                     all of them, which takes more than an hour
  npm run test:faults -- FILE …           those of some files, which write their own rows of docs/guarantees.md only
  npm run test:faults -- FILE -t Redis    on one backend
  SEED=N npm run test:faults -- FILE      again what a run of this seed did
  SOAK_MINUTES=1440 npm run test:faults -- soak
                                          a day of faults, on each backend
  npm run test:faults -- --help           this, and the files

Redis is left out where there is no redis-server, the full disk where the user is not root, and the version before where
the checkout has no history; each says so.
`;

const given = process.argv.slice(2);
if (given.includes('--help')) process.stdout.write(`${HELP}\n${listOfFiles()}`);
else runVitest();

/** Each file with the rows that it writes. */
function listOfFiles(): string {
  const ownRows = readdirSync(CASES).map((name) => {
    const text = readFileSync(new URL(name, CASES), 'utf8');
    const rows = [...text.matchAll(/\brow: '([a-z-]+)'/g)].map((match) => match[1] ?? '');
    return [name.replace('.fault.ts', ''), new Set(rows)] as const;
  });
  const lines = ownRows.flatMap(([file, rows]) =>
    CATALOGUE.filter(({ row }) => rows.has(row)).map(({ fault, what, ...row }) => {
      return `  ${file.padEnd(20)} ${String(fault).padStart(2)}  ${what} (${backendsOf({ fault, what, ...row }).join(', ')})`;
    }),
  );
  return `Files, and the faults of the list that they put in:\n\n${lines.join('\n')}\n`;
}

function runVitest(): void {
  const seed = seedOfRun();
  process.stdout.write(`SEED=${seed}\n`);
  const options = ['run', '--config', 'vitest.faults.config.ts', ...given];
  const env = { ...process.env, SEED: String(seed) };
  const child = spawn(process.execPath, [VITEST, ...options], { cwd: ROOT, env, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  child.once('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}
