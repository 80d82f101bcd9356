import { describe, expect, it } from 'vitest';
import type { Candidate } from '../contract/candidate-book.ts';
import type { TeachRequest } from '../contract/requests.ts';
import { runMove, smallTask } from '../moves/testing/run-move.ts';
import { readFencedData } from '../teacher/fence-data.ts';
import { furnish } from './furnish.ts';
import { mutate } from './mutate.ts';
import { type PromptWizardOptions, promptWizardOptionsSchema } from './prompt-wizard-options.ts';
import { rankMutants } from './rank-mutants.ts';
import { refine } from './refine.ts';

const OPTIONS = promptWizardOptionsSchema.parse({});

describe('mutation', () => {
  it('asks under drawn thinking styles, once a round, and keeps each different text once', () => {
    const { result, requests } = runMove<readonly Candidate[], PromptWizardOptions>(
      smallTask(),
      (context) => mutate(context, context.book.seed, 'prefix'),
      { teach: ({ draw }) => JSON.stringify({ prompts: ['Answer.', 'same', `of round ${draw}`] }) },
      OPTIONS,
    );
    expect(result.map(({ prompt }) => prompt['prefix'])).toEqual(['same', 'of round 0', 'of round 1', 'of round 2']);
    const styles = requests.map((request) => readFencedData((request as TeachRequest).user, 'thinking_styles'));
    expect(styles.every((each) => Array.isArray(each) && new Set(each).size === OPTIONS.styleVariation)).toBe(true);
  });
});

describe('the short test of mutants', () => {
  /** A mutant `n` is right on the first n rows. */
  const rank = (texts: readonly string[]) =>
    runMove<readonly (string | undefined)[], PromptWizardOptions>(
      smallTask(),
      function* (context) {
        const { book, task } = context;
        const mutants = texts.flatMap(
          (text) => book.add({ prompt: { prefix: text }, parents: [], operator: 'mutate' }) ?? [],
        );
        const ranked = yield* rankMutants(context, mutants, task.splits.propose);
        return ranked.map(({ prompt }) => prompt['prefix']);
      },
      { score: (text, rowId) => ({ score: Number(rowId.slice(1)) < Number(text) ? 1 : 0 }) },
      OPTIONS,
    );

  it('puts the best first, and keeps the order of equals', () => {
    expect(rank(['1', '3', '0', '2']).result).toEqual(['3', '2', '1', '0']);
    expect(rank(['4', '5', '6']).result).toEqual(['4', '5', '6']);
  });

  it('asks no more of a mutant that was right three times, and none of one that fails late', () => {
    const asked = (text: string) =>
      rank([text]).requests.reduce((sum, request) => sum + ('rowIds' in request ? request.rowIds.length : 0), 0);
    expect(asked('6')).toBe(3);
    expect(asked('0')).toBe(4);
    expect(asked('2')).toBe(4);
  });
});

describe('refinement', () => {
  it('takes up one critique after the other, of what works or of what fails', () => {
    const run = (mostlyWorks: boolean) =>
      runMove<Candidate | null, PromptWizardOptions>(
        smallTask(),
        function* (context) {
          const { seed } = context.book;
          yield* context.evaluate([{ candidateId: seed.id, rowIds: ['p0'], purpose: 'minibatch' }]);
          return yield* refine(context, seed, 'prefix', ['p0'], mostlyWorks);
        },
        {
          teach: ({ operator, user }) =>
            operator === 'refine'
              ? JSON.stringify({
                  prompts: [`${readFencedData(user, 'current_prompt')}\n${readFencedData(user, 'critique')}`],
                })
              : JSON.stringify({ critiques: [`${operator} 1`, `${operator} 2`] }),
        },
        OPTIONS,
      ).result;
    expect(run(true)?.prompt).toEqual({ prefix: 'Answer.\ncritique-successes 1\ncritique-successes 2' });
    expect(run(false)?.note).toBe('critique-failures 1\ncritique-failures 2');
  });
});

describe('furnishing', () => {
  const replies: Readonly<Record<string, unknown>> = {
    'write-persona': { persona: 'You are exact.' },
    'synthesise-examples': {
      examples: [
        { input: 'two and two', answer: 'four', reasoning: 'guess' },
        { input: 'order a-1017', answer: 'late', reasoning: 'seen' },
      ],
    },
    'explain-examples': { examples: [{ input: 'two and two', answer: 'four', reasoning: 'add them' }] },
  };
  const run = (options: Partial<PromptWizardOptions>) => {
    const task = smallTask();
    const rows = task.rows.map((row, index) => (index === 0 ? { ...row, input: 'Where is order A-1017?' } : row));
    return runMove<readonly Candidate[], PromptWizardOptions>(
      { ...task, rows },
      (context) => furnish(context, context.book.seed, 'prefix', []),
      { teach: ({ operator }) => JSON.stringify(replies[operator] ?? {}) },
      { ...OPTIONS, ...options },
    ).result.map(({ prompt }) => prompt['prefix']);
  };

  it('offers a persona, made-up examples with reasoning, and both', () => {
    const examples = 'Examples:\n- Input: two and two Reasoning: add them Answer: four';
    expect(run({})).toEqual([
      'You are exact.\n\nAnswer.',
      `Answer.\n\n${examples}`,
      `You are exact.\n\nAnswer.\n\n${examples}`,
    ]);
  });

  it('leaves out what it is not asked for, and an example that holds an identifier of a row always', () => {
    expect(run({ fewShotCount: 0 })).toEqual(['You are exact.\n\nAnswer.']);
    expect(run({}).join('\n')).not.toContain('1017');
  });
});
