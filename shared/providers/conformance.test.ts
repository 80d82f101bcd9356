import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KNOWN_PROVIDERS } from './known-provider.ts';
import type { ProviderData } from './provider-data.ts';
import { REQUIRED_FIXTURES } from './testing/fixture.ts';
import { providerFaults } from './testing/provider-faults.ts';
import { requestFaults } from './testing/request-faults.ts';

const providers = [...KNOWN_PROVIDERS.values()];
const folderOf = (name: string) => join(import.meta.dirname, name);
const DATA_LINES_MAX = 60;

describe('the registry', () => {
  it('knows every provider that is promised', () => {
    expect([...KNOWN_PROVIDERS.keys()].sort()).toEqual(
      `anthropic azure-openai bedrock cohere deepseek gemini groq mistral ollama openai openrouter tgi together triton
      vertex vllm xai`.split(/\s+/),
    );
  });

  it.each(providers)('$name has a folder of its name with at most 60 lines of data', ({ name }) => {
    const lines = readFileSync(join(folderOf(name), 'provider.ts'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines.length).toBeLessThanOrEqual(DATA_LINES_MAX);
  });
});

describe('every provider', () => {
  it.each(providers)('$name is read and written as its fixtures and quirks say', async (provider) => {
    expect(await providerFaults(provider, folderOf(provider.name))).toEqual([]);
  });
});

describe('the suite itself', () => {
  const madeUp: ProviderData = {
    name: 'made-up',
    format: 'openai-chat',
    baseUrl: 'https://api.made-up.example/v1',
    auth: 'bearer',
    quirks: [],
    reasoningModelQuirks: [],
    documentation: 'https://docs.made-up.example',
  };

  /** The faults of the made-up provider with the fixtures of another, changed by `change`. */
  async function faultsWith(change: (name: string, text: string) => string | null): Promise<readonly string[]> {
    const folder = mkdtempSync(join(tmpdir(), 'provider-'));
    try {
      mkdirSync(join(folder, 'fixtures'));
      for (const name of REQUIRED_FIXTURES) {
        const text = readFileSync(join(folderOf('openai'), 'fixtures', `${name}.jsonl`), 'utf8');
        const changed = change(name, text);
        if (changed !== null) writeFileSync(join(folder, 'fixtures', `${name}.jsonl`), changed);
      }
      return await providerFaults(madeUp, folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it('fails a provider without fixtures', async () => {
    expect(await faultsWith(() => null)).toEqual(REQUIRED_FIXTURES.map((name) => `fixtures/${name}.jsonl is missing`));
  });

  it('passes a made-up provider with good ones', async () => {
    expect(await faultsWith((_name, text) => text)).toEqual([]);
  });

  it('sees text, arguments and errors that are not read as expected', async () => {
    const faults = await faultsWith((name, text) => {
      if (name === 'error') return text.replace('"type":"rate_limit_error"', '"type":"api_error"');
      return text.replace('"content":"Hello"', '"content":"Help"').replace(' \\"San Francisco', ' \\"Paris');
    });
    expect(faults.join('\n')).toMatch(/text\.stream: says/);
    expect(faults.join('\n')).toMatch(/tool-call: says .*Paris/);
    expect(faults.join('\n')).toMatch(/tool-call\.stream: tool inputs .*Paris/);
    expect(faults.join('\n')).toMatch(/error: is read as rate_limit_error, not api_error/);
  });

  it('sees a fixture that does not tell where it comes from', async () => {
    const nameless = faultsWith((_name, text) => text.replace('"source":"synthetic"', '"source":"recorded"'));
    await expect(nameless).rejects.toThrow(/from|license/);
  });

  it('sees requests that a strict server refuses', () => {
    const strict: ProviderData = {
      ...madeUp,
      quirks: ['no-stream-options', 'nine-character-tool-ids', 'no-user-after-tool', 'stop-up-to-5'],
      models: [{ match: 'small', maxOutputTokens: 1_000 }],
    };
    expect(requestFaults(strict)).toEqual([]);
    const faults = requestFaults(strict, {
      ...madeUp,
      quirks: ['openai-extras', 'stop-unlimited', 'parsed-reasoning-format'],
    });
    for (const quirk of strict.quirks) expect(faults).toContain(`breaks ${quirk} (an agent turn, plain-model)`);
    expect(faults).toContain('asks for 4096 tokens of at most 1000 (no call, small)');
    expect(faults.join('\n')).toMatch(/Unrecognized request argument supplied: reasoning_format/);
  });
});
