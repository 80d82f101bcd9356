import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { resolveProvider } from '../providers/registry.ts';
import { parseConfig } from './load-config.ts';

const GUIDE = new URL('../../docs/guides/cloud-providers.md', import.meta.url);
/** Every variable of the environment is set. */
const ENVIRONMENT = new Proxy({}, { get: () => 'value' });

it('has a guide to clouds whose every example is a configuration that resolves', async () => {
  const text = await readFile(GUIDE, 'utf8');
  const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
  expect(examples.length).toBeGreaterThanOrEqual(6);
  for (const example of examples) {
    const file = example.startsWith('providers:')
      ? example
      : `providers: { bedrock: { region: us-east-1 } }\nmodels:\n${example}`;
    const result = parseConfig(file, ENVIRONMENT);
    if (!('config' in result)) throw new Error(`${JSON.stringify(result)}\n${file}`);
    for (const name of Object.keys(result.config.providers)) {
      const { baseUrl } = resolveProvider(name, result.config);
      expect(baseUrl).toMatch(/^https:\/\/[\w./:-]+$/);
    }
  }
});
