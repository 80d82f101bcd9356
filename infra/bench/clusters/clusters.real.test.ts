import { describe, expect, it } from 'vitest';
import { readEnvironment } from '#shared/environment.ts';
import { similarityOf } from '../../../services/optimizer/clustering/embedders/embedder.ts';
import { createHashedEmbedder } from '../../../services/optimizer/clustering/embedders/hashed-embedder.ts';
import { createLocalEmbedder } from '../../../services/optimizer/clustering/embedders/local-embedder.ts';
import { agreementFigures } from './agreement-figures.ts';
import { signFailure } from './failure-templates.ts';
import { narrativeFigures } from './narrative-figures.ts';
import { readFailureLabels, readRecordedFailures } from './read-failures.ts';

const dataFolder = readEnvironment(process.env).realDataDir ?? '';
if (dataFolder === '') {
  process.stdout.write('SKIPPED: clusters are not held to recorded failures, TRIMTAB_REAL_DATA is not set\n');
}

describe.skipIf(dataFolder === '')('clusters of recorded failures', () => {
  it('agree with labels that nothing here has seen, on models that chose no threshold', {
    timeout: 120_000,
  }, async () => {
    const failures = readRecordedFailures(dataFolder).map(signFailure);
    const labels = readFailureLabels(dataFolder);
    const { figures } = await agreementFigures(
      createHashedEmbedder(),
      'default',
      { failures, labels },
      { isQuick: true },
    );
    expect(figures.map(({ id, pass }) => [id, pass])).toEqual([
      ['b3f_default', true],
      ['ari_default', true],
    ]);
  });

  it('are made of messages without the names of labels in them', () => {
    const labels = new Set(readFailureLabels(dataFolder).values());
    const messages = readRecordedFailures(dataFolder).map(({ message }) => message);
    expect(messages.length).toBeGreaterThan(1_000);
    expect(messages.filter((message) => message.includes('error_type') || labels.has(message))).toEqual([]);
  });

  it('tell narratives of failed agents apart better than chance, in few groups', { timeout: 120_000 }, () => {
    const { figures, tables } = narrativeFigures(dataFolder, { isQuick: true });
    expect(figures[0]).toMatchObject({ id: 'swe_v_default', pass: true });
    const [, narratives, groups, , ari] = tables![0]!.rows[0]!;
    expect(Number(groups)).toBeLessThan(Number(narratives) / 10);
    expect(Number(ari)).toBeGreaterThan(0.2);
  });
});

describe('local sentence embeddings', () => {
  it('find a fault in other words, which hashed words do not', { timeout: 120_000 }, async () => {
    const texts = ['the answer is cut short', 'the reply is incomplete', 'a tool has no such name'];
    const margin = (vectors: readonly Float32Array[]) =>
      similarityOf(vectors[0]!, vectors[1]!) - similarityOf(vectors[0]!, vectors[2]!);
    expect(margin(await createLocalEmbedder().embed(texts))).toBeGreaterThan(0.1);
    expect(margin(await createHashedEmbedder().embed(texts))).toBeLessThan(0.1);
  });
});
