import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { Llm } from '#shared/llm/llm.ts';
import { cutMiddle } from '../../../services/evaluator/scorers/judge/cut-middle.ts';
import { askFenced, closedSchema } from './fenced-question.ts';
import { bootstrapped, type LiveJudgeOptions, mapInTurn, sample } from './live-subjects.ts';
import type { WrittenFigure } from './scoring-report.ts';

const AGENT_BAR = 0.5;
const STEP_BAR = 0.15;
/** Characters of one step as shown. */
const STEP_CHARACTERS_MAX = 1_500;
const NEAR_STEPS = 2;

const failureSchema = z.looseObject({
  question: z.string().nullish(),
  history: z
    .array(z.looseObject({ content: z.string(), role: z.string().nullish(), name: z.string().nullish() }))
    .min(1),
  mistake_agent: z.string(),
  mistake_step: z.coerce.number().int(),
});
type Failure = z.infer<typeof failureSchema> & { readonly id: string };

const answerSchema = z.object({ reasoning: z.string(), agent: z.string(), step: z.number().int() });
const QUESTION =
  'The record shows agents that failed at a task together. Which agent made the mistake that decided the failure, and at which step (the number in front of it)?';

/** Who made the decisive mistake in a failure of several agents, and when. */
export async function failureStepFigures(dataFolder: string, options: LiveJudgeOptions): Promise<WrittenFigure[]> {
  const [llm] = options.judges;
  if (llm === undefined) return [];
  const failures = sample(readFailures(join(dataFolder, 'who-and-when')), options.quick);
  const rows = await mapInTurn(failures, async (failure) => {
    const found = await locate(llm, failure);
    const agent = found?.agent === failure.mistake_agent;
    const steps = found === null ? Number.POSITIVE_INFINITY : Math.abs(found.step - failure.mistake_step);
    return { group: failure.id, agent, steps };
  });
  type Row = (typeof rows)[number];
  const shareOf = (isHit: (row: Row) => boolean) => (drawn: readonly Row[]) =>
    drawn.length === 0 ? null : drawn.filter(isHit).length / drawn.length;
  return [
    bootstrapped(
      'G14',
      rows,
      shareOf(({ agent }) => agent),
      '>=',
      AGENT_BAR,
    ),
    bootstrapped(
      'G14_step',
      rows,
      shareOf(({ steps }) => steps === 0),
      '>=',
      STEP_BAR,
    ),
    bootstrapped(
      'G14_near',
      rows,
      shareOf(({ steps }) => steps <= NEAR_STEPS),
      '>=',
      null,
    ),
  ];
}

function readFailures(folder: string): readonly Failure[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ ...failureSchema.parse(JSON.parse(readFileSync(path, 'utf8'))), id: path.slice(folder.length) }));
}

async function locate(llm: Llm, failure: Failure): Promise<z.infer<typeof answerSchema> | null> {
  const names = failure.history.map((step) => step.name ?? step.role ?? 'unknown');
  const steps = failure.history.map(
    (step, index) => `${index} ${names[index]}: ${cutMiddle(step.content, STEP_CHARACTERS_MAX)}`,
  );
  return await askFenced(llm, {
    name: 'locate_failure',
    question: QUESTION,
    data: `Task:\n${failure.question ?? ''}\n\nSteps:\n${steps.join('\n')}`,
    jsonSchema: closedSchema({
      reasoning: { type: 'string', description: 'At most 60 words.' },
      agent: { type: 'string', enum: [...new Set(names)] },
      step: { type: 'integer' },
    }),
    answer: answerSchema,
  });
}
