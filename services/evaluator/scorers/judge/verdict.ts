import * as z from 'zod';
import { allCriteria, CANARIES, type Rubric } from './rubric.ts';

const QUOTES_MAX = 8;

const verdictSchema = z.object({
  task: z.string(),
  outcome: z.string(),
  criteria: z.array(
    z.object({
      id: z.string(),
      evidence: z.array(z.object({ message: z.string(), quote: z.string() })).max(QUOTES_MAX),
      reasoning: z.string(),
      // A server that ignores the schema may leave it out; the cautious reading costs a verdict only where text was cut.
      absence: z.boolean().default(true),
      verdict: z.enum(['pass', 'fail', 'cannot_tell']),
    }),
  ),
});

export type JudgeVerdict = z.infer<typeof verdictSchema>;
export type CriterionVerdict = JudgeVerdict['criteria'][number];

export type VerdictParse =
  | { readonly valid: true; readonly verdict: JudgeVerdict }
  | {
      readonly valid: false;
      readonly problem: string;
      /** A control question was answered wrongly: nothing else in the answer is to be believed. */
      readonly missedControl: boolean;
    };

/**
 * Reads a judge's answer. One verdict per criterion and none beside: missing, extra, doubled or empty answers are
 * invalid and never a pass. A wrong answer to a control question voids all others.
 */
export function parseVerdict(rubric: Rubric, value: unknown): VerdictParse {
  if (value === undefined) return invalid('the answer holds no JSON object');
  const parsed = verdictSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return invalid(`at ${issue?.path.join('.') || 'the top'}: ${issue?.message ?? 'not the schema'}`);
  }
  const expected = allCriteria(rubric).map((criterion) => criterion.id);
  const answered = parsed.data.criteria.map((criterion) => criterion.id);
  const missing = expected.filter((id) => !answered.includes(id));
  const extra = answered.filter((id, index) => !expected.includes(id) || answered.indexOf(id) !== index);
  if (missing.length > 0) return invalid(`no verdict for ${missing.join(', ')}`);
  if (extra.length > 0) return invalid(`unknown or repeated criteria: ${extra.length} of ${answered.length}`);
  const missed = CANARIES.find(
    (canary) => parsed.data.criteria.find((criterion) => criterion.id === canary.id)?.verdict !== canary.expected,
  );
  if (missed !== undefined) {
    return { valid: false, problem: `the control question ${missed.id} was answered wrongly`, missedControl: true };
  }
  return { valid: true, verdict: parsed.data };
}

function invalid(problem: string): VerdictParse {
  return { valid: false, problem, missedControl: false };
}

/**
 * The schema that the answer is forced into. The order of the fields is the order in which a model writes them: the
 * task, the facts, then evidence before reasoning before verdict.
 */
export function verdictJsonSchema(rubric: Rubric): Readonly<Record<string, unknown>> {
  const text = { type: 'string' };
  return closedObject({
    task: { ...text, description: 'What the user asked for, in one sentence.' },
    outcome: { ...text, description: 'What factually happened, in one sentence.' },
    criteria: {
      type: 'array',
      items: closedObject({
        id: { type: 'string', enum: allCriteria(rubric).map((criterion) => criterion.id) },
        evidence: { type: 'array', items: closedObject({ message: text, quote: text }) },
        reasoning: text,
        absence: {
          type: 'boolean',
          description: 'Whether a failure rests on something that the record does not show.',
        },
        verdict: { type: 'string', enum: ['pass', 'fail', 'cannot_tell'] },
      }),
    },
  });
}

function closedObject(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}
