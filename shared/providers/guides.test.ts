import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../config/load-config.ts';
import { KNOWN_PROVIDERS } from './known-provider.ts';
import type { ProviderData } from './provider-data.ts';
import { providerFaults } from './testing/provider-faults.ts';
import { exampleEntry, neededSettings, renderProviderGuide } from './testing/provider-guide.ts';

const ROOT = join(import.meta.dirname, '../..');
const readGuide = (name: string) => readFileSync(join(ROOT, 'docs/guides', name), 'utf8');
const DATA_LINES_MAX = 60;

/** Each block of code, with the file that the paragraph before it names, if it names one. */
function codeBlocks(guide: string) {
  const found = guide.matchAll(/(?:`(shared\/providers\/[\w./-]+)`:\n\n)?```(\w+)\n([\s\S]*?)\n```/g);
  return [...found].map(([, path, language, text]) => ({ path, language, text: text ?? '' }));
}

describe('the guide to adding a provider', () => {
  const blocks = codeBlocks(readGuide('add-a-provider.md'));
  const files = blocks.filter((block) => block.path !== undefined && !block.path.endsWith('provider-registry.ts'));
  const data = files.find(({ path }) => path?.endsWith('provider.ts'));
  const line = blocks.find(({ path }) => path?.endsWith('provider-registry.ts'));
  let copy: string;

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'guide-'));
    const providers = join(copy, 'shared/providers');
    for (const name of ['provider-registry.ts', 'known-provider.ts', ...KNOWN_PROVIDERS.keys()]) {
      cpSync(join(import.meta.dirname, name), join(providers, name), { recursive: true });
    }
    for (const { path, text } of files) {
      const target = join(copy, path ?? '');
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, `${text}\n`);
    }
    writeFileSync(join(providers, 'provider-registry.ts'), `${line?.text}\n`, { flag: 'a' });
  });
  afterAll(() => rmSync(copy, { recursive: true }));

  it('shows a folder with a data file of at most 60 lines, one line of the list and all fixtures', () => {
    expect(data?.text.split('\n').length).toBeLessThanOrEqual(DATA_LINES_MAX);
    expect(line?.text.split('\n')).toHaveLength(1);
    expect(files.map(({ path }) => path?.split('/').at(-1)).sort()).toEqual([
      'error.jsonl',
      'provider.ts',
      'reasoning.stream.jsonl',
      'text.stream.jsonl',
      'tool-call.jsonl',
      'tool-call.stream.jsonl',
    ]);
  });

  it('makes a known provider that the suite takes, beside all others', async () => {
    const module = (await import(pathToFileURL(join(copy, 'shared/providers/known-provider.ts')).href)) as {
      KNOWN_PROVIDERS: ReadonlyMap<string, ProviderData>;
    };
    const names = [...module.KNOWN_PROVIDERS.keys()].filter((name) => !KNOWN_PROVIDERS.has(name));
    expect(names).toEqual(['fireworks']);
    expect(module.KNOWN_PROVIDERS.size).toBe(KNOWN_PROVIDERS.size + 1);
    const provider = module.KNOWN_PROVIDERS.get('fireworks');
    if (provider === undefined) throw new Error('the guide adds no provider');
    expect(dirname(data?.path ?? '')).toBe(`shared/providers/${provider.name}`);
    expect(await providerFaults(provider, join(copy, 'shared/providers', provider.name))).toEqual([]);
  });

  it('names commands that exist', () => {
    const scripts = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object }).scripts;
    const named = blocks.filter(({ language }) => language === 'sh').flatMap(({ text }) => text.split('\n'));
    expect(named.length).toBeGreaterThan(0);
    for (const command of named) expect(scripts).toHaveProperty([/npm run -s ([\w:]+)/.exec(command)?.[1] ?? command]);
  });
});

describe('the guide to providers', () => {
  /** Tables are aligned by the formatter; what they say is what counts. */
  const plain = (text: string) => text.replace(/-{3,}/g, '---').replace(/ +/g, ' ').trim();
  const providers = [...KNOWN_PROVIDERS.values()];
  const secrets = Object.fromEntries(
    [...readGuide('providers.md').matchAll(/\$\{(\w+)\}/g)].map((match) => [match[1] ?? '', 'secret']),
  );

  it('says of every provider and quirk what the registry says', () => {
    expect(plain(readGuide('providers.md'))).toContain(plain(renderProviderGuide(providers)));
  });

  it('shows entries that the configuration check takes as they stand', () => {
    const [example] = codeBlocks(readGuide('providers.md'));
    const parsed = parseConfig(example?.text ?? '', secrets);
    if (!('config' in parsed)) throw new Error(JSON.stringify(parsed));
    expect(Object.keys(parsed.config.providers)).toEqual([...KNOWN_PROVIDERS.keys()]);
    expect(parsed.missingSecrets).toEqual([]);
  });

  it.each(providers.filter((provider) => neededSettings(provider).length > 0))(
    '$name misses each setting that it is said to need',
    (provider) => {
      for (const setting of neededSettings(provider)) {
        const entry = exampleEntry(provider).replace(new RegExp(`${setting}: [^,}]+,? ?`), '');
        const parsed = parseConfig(`providers:\n  ${entry}\n`, secrets);
        expect(JSON.stringify(parsed)).toContain(setting === 'baseUrl' ? 'needs a baseUrl' : `needs ${setting}`);
      }
    },
  );
});
