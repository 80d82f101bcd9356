import { SCORERS } from '../../../services/evaluator/scorers/registry.ts';
import { createScoringSubject } from '../../../services/evaluator/scorers/scoring-subject.ts';
import { createSeededRandom, type SeededRandom } from '../../arena/seeded-random.ts';
import { renderAnswer } from './bfcl-judge.ts';
import { type BfclRow, readBfclRows } from './bfcl-rows.ts';
import { toTool } from './bfcl-schema.ts';
import { plainValue } from './bfcl-values.ts';
import type { CallFault } from './call-fault.ts';
import { CALL_FAULTS } from './call-faults.ts';
import type { PlantedCounts } from './planted-figures.ts';
import type { CleanCall } from './stored-bfcl-call.ts';

const SEED = 20_261_123;
/** Planted for each kind and each place where it can happen. */
const PLANTED_PER_PLACE = 150;

/**
 * Stored calls as they come out of the gateway, with a request, the raw reply of an upstream and the delivered message,
 * into which one fault is put: upstream, where the provider is to blame, or between, where the gateway is.
 */
export function plantedCallCounts(dataFolder: string): readonly PlantedCounts[] {
  const rows = (['simple_python', 'multiple', 'parallel', 'parallel_multiple'] as const).flatMap((category) =>
    readBfclRows(dataFolder, category).map(toCleanCall),
  );
  const random = createSeededRandom(SEED);
  return CALL_FAULTS.map((fault) => plantFault(fault, shuffle(rows, random), random));
}

function plantFault(fault: CallFault, rows: readonly CleanCall[], random: SeededRandom): PlantedCounts {
  const scorer = SCORERS.find(({ id }) => id === fault.kind);
  if (scorer === undefined) throw new Error(`no scorer finds ${fault.kind}`);
  let [planted, found, ownerRight] = [0, 0, 0];
  for (const place of fault.places) {
    let count = 0;
    for (const clean of rows) {
      const content = count < PLANTED_PER_PLACE ? place.plant(clean, random) : null;
      if (content === null) continue;
      count += 1;
      const result = scorer.score(createScoringSubject(content, null));
      if (result.outcome !== 'fail') continue;
      found += 1;
      if ((result.owner ?? scorer.owner) === place.owner) ownerRight += 1;
    }
    planted += count;
  }
  return { kind: fault.kind, planted, found, ownerRight };
}

function toCleanCall(row: BfclRow): CleanCall {
  const tools = row.functions.map((each) => {
    const answer = row.answers.find(({ name }) => name === each.name);
    return toTool(each, answer);
  });
  const calls = row.answers.map((answer, index) => {
    const { name, parameters } = renderAnswer(row, answer, true);
    const input = plainValue(parameters) as Readonly<Record<string, unknown>>;
    return { id: `call_${row.id}_${index}`, name, input };
  });
  return { question: row.question, tools, calls };
}

function shuffle<Item>(items: readonly Item[], random: SeededRandom): readonly Item[] {
  const keyed = items.map((item) => ({ item, key: random.uniform() }));
  return keyed.sort((left, right) => left.key - right.key).map(({ item }) => item);
}
