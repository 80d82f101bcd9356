import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { Llm } from '#shared/llm/llm.ts';
import { askFenced, closedSchema } from './fenced-question.ts';
import { bootstrapped, type LiveJudgeOptions, mapInTurn, sample } from './live-subjects.ts';
import type { WrittenFigure } from './scoring-report.ts';

const FILE = join('pandalm', 'testset-v1.json');
const BAR = 0.6;
const choice = z.union([z.literal(0), z.literal(1), z.literal(2)]);
type Choice = z.infer<typeof choice>;

const pairSchema = z.looseObject({
  idx: z.union([z.number(), z.string()]),
  instruction: z.string(),
  input: z.string().nullish(),
  response1: z.string(),
  response2: z.string(),
  /** 0: equal, 1 and 2: the better answer. */
  annotator1: choice,
  annotator2: choice,
  annotator3: choice,
});
type Pair = z.infer<typeof pairSchema> & { readonly id: string };

const answerSchema = z.object({ reasoning: z.string(), better: z.enum(['first', 'second', 'equal']) });
const JSON_SCHEMA = closedSchema({
  reasoning: { type: 'string', description: 'At most 60 words.' },
  better: { type: 'string', enum: ['first', 'second', 'equal'] },
});
const QUESTION =
  'Which of the two answers carries out the instruction better: the first, the second, or are they equal? Length and style do not count.';

/** How far a judge agrees with what most of three people say of two answers, above chance (Cohen's kappa). */
export async function humanAgreementFigures(dataFolder: string, options: LiveJudgeOptions): Promise<WrittenFigure[]> {
  const all = z.array(pairSchema).parse(JSON.parse(readFileSync(join(dataFolder, FILE), 'utf8')));
  const pairs = sample(
    all.map((pair) => ({ ...pair, id: String(pair.idx) })),
    options.quick,
  );
  const [llm] = options.judges;
  if (llm === undefined) return [];
  const rows = await mapInTurn(pairs, async (pair) => {
    const said = await compare(llm, pair);
    const human = majority([pair.annotator1, pair.annotator2, pair.annotator3]);
    return human === null ? [] : [{ group: pair.id, said, human }];
  });
  return [bootstrapped('G11', rows.flat(), kappaOfChoices, '>=', BAR)];
}

/** Both orders are asked: a judge that follows the order has no preference. */
async function compare(llm: Llm, pair: Pair): Promise<Choice> {
  const forward = await better(llm, pair, pair.response1, pair.response2);
  const backward = await better(llm, pair, pair.response2, pair.response1);
  if (forward === 'first' && backward === 'second') return 1;
  return forward === 'second' && backward === 'first' ? 2 : 0;
}

async function better(llm: Llm, pair: Pair, first: string, second: string) {
  const data = `Instruction:\n${pair.instruction}\n${pair.input ?? ''}\n\nFirst answer:\n${first}\n\nSecond answer:\n${second}`;
  const asked = { name: 'compare_answers', question: QUESTION, data, jsonSchema: JSON_SCHEMA, answer: answerSchema };
  return (await askFenced(llm, asked))?.better ?? 'equal';
}

function majority(votes: readonly Choice[]): Choice | null {
  return votes.find((vote, index) => votes.indexOf(vote) !== index) ?? null;
}

/** Cohen's kappa over three choices. */
function kappaOfChoices(rows: readonly { readonly said: Choice; readonly human: Choice }[]): number | null {
  if (rows.length === 0) return null;
  const share = (count: number) => count / rows.length;
  const observed = share(rows.filter(({ said, human }) => said === human).length);
  const expected = ([0, 1, 2] as const)
    .map(
      (each) =>
        share(rows.filter(({ said }) => said === each).length) *
        share(rows.filter(({ human }) => human === each).length),
    )
    .reduce((sum, product) => sum + product, 0);
  return expected === 1 ? null : (observed - expected) / (1 - expected);
}
