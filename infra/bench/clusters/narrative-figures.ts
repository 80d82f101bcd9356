import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { agreementOf } from '../../../services/optimizer/clustering/agreement.ts';
import { clusterNarratives } from '../../../services/optimizer/clustering/narratives/cluster-narratives.ts';
import { createSeededRandom } from '../../arena/seeded-random.ts';
import { atLeast, type ClusterResult, middleOf } from './cluster-figure.ts';
import { readLines } from './read-failures.ts';

const SEED = 1_157;

interface RecordedNarrative {
  readonly file: string;
  readonly id: string;
  readonly text: string;
  readonly label: string;
}

/**
 * Free texts on why a coding agent failed, against the category that a language model gave them. V rewards many small
 * groups, so what it gives to groups of one stands beside it.
 */
export function narrativeFigures(dataFolder: string, options: { readonly isQuick: boolean }): ClusterResult {
  const narratives = readNarratives(join(dataFolder, 'swe-bench-pro'));
  const files = [...new Set(narratives.map((narrative) => narrative.file))];
  const whole = clustered(narratives);
  const random = createSeededRandom(SEED);
  const draws = Array.from({ length: options.isQuick ? 100 : 1_000 }, () =>
    agreementOf(whole.items.flatMap(() => whole.items[Math.floor(random.uniform() * whole.items.length)] ?? [])),
  );
  const parts =
    files.length < 2
      ? []
      : files.map((file) =>
          clustered(
            narratives.filter((each) => each.file === file),
            file,
          ),
        );
  return {
    figures: [
      atLeast(0.38, {
        ...{ id: 'swe_v_default', value: whole.agreement.v, n: narratives.length },
        interval: middleOf(draws.map((draw) => draw.v)),
      }),
    ],
    tables: [
      {
        title: 'Narratives of failed agents, default',
        columns: ['of', 'narratives', 'groups', 'V', 'ARI', 'B3 F', 'V of groups of one'],
        rows: [whole, ...parts].map(({ name, items, groups, agreement, alone }) => [
          ...[name, items.length, groups, agreement.v, agreement.ari, agreement.b3f, alone.v],
        ]),
      },
    ],
  };
}

function clustered(narratives: readonly RecordedNarrative[], name = 'all together') {
  const { groups } = clusterNarratives(narratives);
  const groupOf = new Map(groups.flatMap((ids, index) => ids.map((id) => [id, String(index)])));
  const items = narratives.map(({ id, label }) => ({ group: groupOf.get(id) ?? id, label, count: 1 }));
  const alone = agreementOf(narratives.map(({ id, label }) => ({ group: id, label, count: 1 })));
  return { name, items, groups: groups.length, agreement: agreementOf(items), alone };
}

function readNarratives(folder: string): readonly RecordedNarrative[] {
  const schema = z.looseObject({ instance_id: z.string(), category: z.string(), rationale: z.string() });
  return readdirSync(folder)
    .filter((file) => file.endsWith('.jsonl.gz'))
    .sort()
    .flatMap((file) =>
      readLines(join(folder, file), schema).map((row, index) => ({
        ...{ file, id: `${file}:${String(index).padStart(6, '0')}:${row.instance_id}` },
        ...{ text: row.rationale, label: row.category },
      })),
    );
}
