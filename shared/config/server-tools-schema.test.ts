import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readYaml } from './read-yaml.ts';
import { serverToolsSchema } from './server-tools-schema.ts';

const GUIDE = readFileSync(new URL('../../docs/guides/server-tools.md', import.meta.url), 'utf8');

describe('serverToolsSchema', () => {
  it('takes the example of the guide as it stands', () => {
    const yaml = readYaml(/```yaml\n([\s\S]*?)```/.exec(GUIDE)?.[1] ?? '');
    const section = 'value' in yaml ? (yaml.value as { serverTools: unknown }).serverTools : null;
    expect(serverToolsSchema.parse(section)).toMatchObject({
      webSearch: { format: 'searxng', network: 'private', timeout: 10_000 },
      webFetch: { enabled: true, timeout: 15_000 },
      maxSteps: 10,
    });
  });

  it('wants an address where the format has none of its own', () => {
    const { error } = serverToolsSchema.safeParse({ webSearch: { format: 'searxng' } });
    expect(error?.issues[0]).toMatchObject({ path: ['webSearch', 'url'], message: 'needs a url for this format' });
    expect(serverToolsSchema.safeParse({ webSearch: { format: 'brave', apiKey: 'k' } }).success).toBe(true);
  });

  it.each([
    { webSearch: { format: 'bing', url: 'https://x.example' } },
    { webSearch: { format: 'brave', maxResults: 100 } },
    { webFetch: { enabled: true, network: 'private' } },
    { maxSteps: 0 },
    { webSerch: {} },
  ])('refuses %j', (section) => {
    expect(serverToolsSchema.safeParse(section).success).toBe(false);
  });
});
