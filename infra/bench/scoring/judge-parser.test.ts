import { describe, expect, it } from 'vitest';
import { RUBRICS } from '../../../services/evaluator/scorers/judge/rubrics/rubrics.ts';
import { taskCompletion } from '../../../services/evaluator/scorers/judge/rubrics/task-completion.ts';
import { stagesOf } from './judge-determinism.ts';
import { faultOf, judgeParserFigures } from './judge-parser.ts';
import { malformedReplies } from './malformed-replies.ts';

const QUOTE = { message: 'm2', quote: 'I have renamed it.' };

describe('judges that answer badly', () => {
  it('crash nothing, pass nothing and make no zero, in two hundred ways and more', async () => {
    for (const rubric of Object.values(RUBRICS)) {
      expect(malformedReplies(rubric, QUOTE).length).toBeGreaterThan(200);
    }
    for (const figure of await judgeParserFigures()) expect(figure).toMatchObject({ value: 0, pass: true });
    // Seven hundred replies go through a vendor's client.
  }, 60_000);

  it('are told from good ones: a fault is seen when there is one', async () => {
    const cases = malformedReplies(taskCompletion, QUOTE);
    const passing = cases.find(({ name }) => name === 'pass: plain')!;
    const failing = cases.find(({ name }) => name === 'fail: plain')!;
    const prose = cases.find(({ name }) => name === 'prose')!;
    expect(await faultOf(taskCompletion, { ...passing, expected: 'unusable' })).toBe('silent pass');
    expect(await faultOf(taskCompletion, { ...passing, expected: 'fail' })).toBe('silent pass');
    expect(await faultOf(taskCompletion, { ...failing, expected: 'unusable' })).toBe('silent pass');
    expect(await faultOf(taskCompletion, { ...prose, expected: 'pass' })).toBe('readable reply refused');
  });
});

describe('the deterministic stages', () => {
  const record = (result: string) =>
    JSON.stringify({
      request: {
        messages: [
          { role: 'user', content: 'Look.' },
          { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'Read', input: { path: 'a' } }] },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: result }] },
        ],
      },
      response: { role: 'assistant', content: [{ type: 'text', text: 'Done.' }] },
    });

  it('make the same of the same record, and something else of another', () => {
    expect(stagesOf(record('one'))).toBe(stagesOf(record('one')));
    expect(stagesOf(record('one'))).not.toBe(stagesOf(record('two')));
  });
});
