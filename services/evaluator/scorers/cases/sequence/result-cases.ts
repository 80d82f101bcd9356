import { content, type ScorerCase } from '../scorer-case.ts';
import { after, answers, assistant, call, type Message, result, text, user } from './turn.ts';

const OPENAI_ID = 'call_gXUxpkditC3vDGQR74KiUqR7';
const ask = user('Look up my order');
const asked = (...ids: readonly string[]) => assistant(...ids.map((id) => call(id, 'get_order', { id })));
const reply = { text: 'Here it is.' };
const turn = (name: string, messages: readonly Message[], rest: Omit<ScorerCase, 'name' | 'content'>): ScorerCase => ({
  name,
  content: after(messages, reply),
  ...rest,
});

export const ID_MISMATCH_CASES: readonly ScorerCase[] = [
  turn('a result under another id', [ask, asked('a1'), answers(result('b1', 'x'))], {
    outcome: 'fail',
    owner: 'client',
    severity: 'fatal',
    expectedVsActual: 'id of a call -> unknown id',
  }),
  turn('an id that lost its end', [ask, asked(OPENAI_ID), answers(result(OPENAI_ID.slice(0, 20), 'x'))], {
    outcome: 'fail',
    owner: 'gateway',
  }),
  turn('an id that lost its prefix', [ask, asked(OPENAI_ID), answers(result(OPENAI_ID.slice(5), 'x'))], {
    outcome: 'fail',
    owner: 'gateway',
  }),
  turn('an id in lower case', [ask, asked(OPENAI_ID), answers(result(OPENAI_ID.toLowerCase(), 'x'))], {
    outcome: 'fail',
    owner: 'gateway',
  }),
  turn('an empty id', [ask, asked('a1'), answers(result('', 'x'))], { outcome: 'fail', owner: 'client' }),
  turn(
    'the id of a call before the last turn',
    [ask, asked('a1'), answers(result('a1', 'x')), asked('a2'), answers(result('a1', 'x'))],
    { outcome: 'fail', owner: 'client' },
  ),
  turn('one good id and one bad', [ask, asked('a1', 'a2'), answers(result('a1', 'x'), result('zz', 'y'))], {
    outcome: 'fail',
  }),
  turn('one call and its result', [ask, asked('a1'), answers(result('a1', 'x'))], { outcome: 'pass' }),
  turn('results in another order', [ask, asked('a1', 'a2'), answers(result('a2', 'x'), result('a1', 'y'))], {
    outcome: 'pass',
  }),
  turn(
    'the same ids in every turn',
    [ask, asked('0'), answers(result('0', 'x')), asked('0'), answers(result('0', 'y'))],
    {
      outcome: 'pass',
    },
  ),
  turn('a result beside a word of the user', [ask, asked('a1'), answers(result('a1', 'x'), text('Go on'))], {
    outcome: 'pass',
  }),
  turn('a turn in two messages', [ask, assistant(text('Looking.')), asked('a1'), answers(result('a1', 'x'))], {
    outcome: 'pass',
  }),
  turn('no result', [ask], { outcome: 'not_applicable' }),
  turn(
    'results of earlier turns only',
    [ask, asked('a1'), answers(result('zz', 'x')), assistant(text('Done')), user('Thanks')],
    {
      outcome: 'not_applicable',
    },
  ),
  turn('a request that begins with the results', [answers(result('a1', 'x'))], { outcome: 'unknown' }),
];

export const ORPHAN_TOOL_USE_CASES: readonly ScorerCase[] = [
  turn('a call and only words after it', [ask, asked('a1'), user('And?')], {
    outcome: 'fail',
    owner: 'client',
    severity: 'error',
    expectedVsActual: 'results of calls -> none',
  }),
  turn('one result for two calls', [ask, asked('a1', 'a2'), answers(result('a1', 'x'))], {
    outcome: 'fail',
    expectedVsActual: 'results of calls -> fewer',
  }),
  turn('one result for three calls', [ask, asked('a1', 'a2', 'a3'), answers(result('a3', 'x'))], { outcome: 'fail' }),
  turn('an image instead of a result', [ask, asked('a1'), answers({ type: 'image', source: {} })], { outcome: 'fail' }),
  turn(
    'a missing result beside one under a wrong id',
    [ask, asked('a1', 'a2', 'a3'), answers(result('a1', 'x'), result('zz', 'y'))],
    { outcome: 'fail' },
  ),
  turn('one call and its result', [ask, asked('a1'), answers(result('a1', 'x'))], { outcome: 'pass' }),
  turn('two calls and their results', [ask, asked('a1', 'a2'), answers(result('a2', 'x'), result('a1', 'y'))], {
    outcome: 'pass',
  }),
  turn('an empty result', [ask, asked('a1'), answers(result('a1', ''))], { outcome: 'pass' }),
  turn('a result that is an error', [ask, asked('a1'), answers(result('a1', 'Error: no', true))], { outcome: 'pass' }),
  turn('a result under a wrong id, which is another fault', [ask, asked('a1'), answers(result('zz', 'x'))], {
    outcome: 'pass',
  }),
  turn('results in two messages', [ask, asked('a1', 'a2'), answers(result('a1', 'x')), answers(result('a2', 'y'))], {
    outcome: 'pass',
  }),
  turn('no call', [ask, assistant(text('Which?')), user('The last')], { outcome: 'not_applicable' }),
  turn('a request that ends with the call', [ask, asked('a1')], { outcome: 'not_applicable' }),
  { name: 'no request', content: content({ request: null, text: 'Hm' }), outcome: 'not_applicable' },
];

const split = 'results in 1 message -> 2+';
const late = 'results first -> after other content';
export const RESULT_ORDER_OR_ROLE_CASES: readonly ScorerCase[] = [
  turn('words before the result', [ask, asked('a1'), answers(text('Go on'), result('a1', 'x'))], {
    outcome: 'fail',
    owner: 'gateway',
    severity: 'error',
    expectedVsActual: late,
  }),
  turn('a message before the one with the result', [ask, asked('a1'), user('Go on'), answers(result('a1', 'x'))], {
    outcome: 'fail',
    expectedVsActual: late,
  }),
  turn(
    'words between two results',
    [ask, asked('a1', 'a2'), answers(result('a1', 'x'), text('and'), result('a2', 'y'))],
    {
      outcome: 'fail',
      expectedVsActual: late,
    },
  ),
  turn(
    'one message for each result',
    [ask, asked('a1', 'a2'), answers(result('a1', 'x')), answers(result('a2', 'y'))],
    {
      outcome: 'fail',
      owner: 'gateway',
      expectedVsActual: split,
    },
  ),
  turn('a result in the assistant turn', [ask, assistant(call('a1', 'get_order'), result('a1', 'x')), user('And?')], {
    outcome: 'fail',
    expectedVsActual: 'role user -> assistant',
  }),
  turn('a result in a message of the assistant', [ask, asked('a1'), assistant(result('a1', 'x'))], { outcome: 'fail' }),
  turn('an image before the result', [ask, asked('a1'), answers({ type: 'image', source: {} }, result('a1', 'x'))], {
    outcome: 'fail',
  }),
  turn('one result', [ask, asked('a1'), answers(result('a1', 'x'))], { outcome: 'pass' }),
  turn('two results in one message', [ask, asked('a1', 'a2'), answers(result('a2', 'x'), result('a1', 'y'))], {
    outcome: 'pass',
  }),
  turn('words after the result', [ask, asked('a1'), answers(result('a1', 'x'), text('Go on'))], { outcome: 'pass' }),
  turn('a message after the one with the result', [ask, asked('a1'), answers(result('a1', 'x')), user('Go on')], {
    outcome: 'pass',
  }),
  turn(
    'a system message before the result',
    [ask, asked('a1'), { role: 'system', content: 'Agents: none' }, answers(result('a1', 'x'))],
    { outcome: 'pass' },
  ),
  turn('no result', [ask, assistant(text('Which?')), user('The last')], { outcome: 'not_applicable' }),
  turn('the first request', [ask], { outcome: 'not_applicable' }),
];
