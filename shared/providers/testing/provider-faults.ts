import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { ProviderData } from '../provider-data.ts';
import { providerFormat } from '../provider-format.ts';
import { FIXTURE_BYTES_MAX, missingFixtures, OPTIONAL_FIXTURES, REQUIRED_FIXTURES, readFixtures } from './fixture.ts';
import { answerBodyFaults, errorFaults, streamFaults } from './fixture-faults.ts';
import { requestFaults } from './request-faults.ts';

function sizeFaults(folder: string): readonly string[] {
  return [...REQUIRED_FIXTURES, ...OPTIONAL_FIXTURES].flatMap((name) => {
    const size = statSync(join(folder, `${name}.jsonl`), { throwIfNoEntry: false })?.size ?? 0;
    return size > FIXTURE_BYTES_MAX
      ? [`${name}.jsonl has ${size} bytes; ${FIXTURE_BYTES_MAX} are enough for a shape`]
      : [];
  });
}

/**
 * Everything that is wrong with a provider, in sentences; empty for one that keeps the suite. `folder` is the one with
 * its data file; the fixtures lie in `fixtures/` below it.
 */
export async function providerFaults(provider: ProviderData, folder: string): Promise<readonly string[]> {
  const fixturesFolder = join(folder, 'fixtures');
  const missing = missingFixtures(fixturesFolder);
  if (missing.length > 0) return missing.map((name) => `fixtures/${name} is missing`);
  const format = providerFormat({ format: provider.format, hosting: provider.hosting, quirks: provider.quirks });
  const fixtures = readFixtures(fixturesFolder);
  const reasoning = fixtures['reasoning.stream'];
  const named = (name: string, faults: readonly string[]) => faults.map((fault) => `${name}: ${fault}`);
  return [
    ...sizeFaults(fixturesFolder),
    ...named('text.stream', await streamFaults(format, fixtures['text.stream'])),
    ...named('tool-call.stream', await streamFaults(format, fixtures['tool-call.stream'])),
    ...named('tool-call', await answerBodyFaults(format, fixtures['tool-call'])),
    ...named('reasoning.stream', reasoning === undefined ? [] : await streamFaults(format, reasoning)),
    ...named('error', errorFaults(format, fixtures.error)),
    ...named('request', requestFaults(provider)),
  ];
}
