import { content, type ScorerCase } from '../scorer-case.ts';
import { after, answers, assistant, call, followedBy, type Message, result, user } from './turn.ts';

type Rest = Omit<ScorerCase, 'name' | 'content'>;
const saying = (name: string, messages: readonly Message[], said: string, rest: Rest): ScorerCase => ({
  name,
  content: after(messages, { text: said }),
  ...rest,
});
const ask = user('What about my order?');
const told = (value: unknown, name = 'get_order', input: unknown = { id: 1 }): readonly Message[] => [
  ask,
  assistant(call('a1', name, input)),
  answers(result('a1', value)),
];

const RECORD = {
  order_id: '#W9502127',
  tracking: '843053632392',
  total_paid: 1318.4,
  status: 'delivered',
  carrier: 'Nordpost',
};
const ignored = { outcome: 'fail', owner: 'provider', severity: 'warning' } as const;

export const RESULT_IGNORED_CASES: readonly ScorerCase[] = [
  saying('an answer that could have been given before', told(RECORD), 'How can I help you?', {
    ...ignored,
    expectedVsActual: 'result used -> not used',
  }),
  saying('an answer about something else', told(RECORD), 'We open at nine.', ignored),
  saying(
    'a search for nothing',
    told([{ flight: 'HAT123' }, { flight: 'HAT207' }, { flight: 'HAT118' }], 'search_flights'),
    'Okay!',
    ignored,
  ),
  saying(
    'two readings of one kind',
    [
      ask,
      assistant(call('a1', 'get_order', { id: 1 }), call('a2', 'get_order', { id: 2 })),
      answers(result('a1', RECORD), result('a2', { order_id: '#W3730488', tracking: '771204418820', weight: 91244 })),
    ],
    'Hello there.',
    ignored,
  ),
  saying('a text with numbers', told('run 48213 took 7312 ms on host 10.4.22.81', 'read_log'), 'Sure.', ignored),
  saying(
    'a word of the result that stands inside of another word',
    told({ ...RECORD, product: 'hose' }),
    'Once I have those, we open.',
    ignored,
  ),
  saying('a word of the result in the plural', told({ ...RECORD, product: 'hose' }), 'Two hoses.', {
    outcome: 'pass',
  }),
  saying('an id of the result', told(RECORD), 'Your tracking number is 843053632392.', { outcome: 'pass' }),
  saying('a word of the result', told(RECORD), 'It has been delivered.', { outcome: 'pass' }),
  saying('a number with its thousands apart', told(RECORD), 'You paid $1,318.40.', { outcome: 'pass' }),
  saying('a result without anything new', told({ status: 'ok' }), 'Okay.', { outcome: 'pass' }),
  saying(
    'a result that a later call used',
    [...told(RECORD), assistant(call('b1', 'track', { number: '843053632392' })), answers(result('b1', 'ok'))],
    'Done.',
    { outcome: 'pass' },
  ),
  saying('a write', told(RECORD, 'cancel_order'), 'Okay.', { outcome: 'not_applicable' }),
  saying('no result', [ask], 'Okay.', { outcome: 'not_applicable' }),
  {
    name: 'a conversation that was not captured',
    content: content({ request: null, text: 'Okay.' }),
    outcome: 'unknown',
  },
];

const wrong = { outcome: 'fail', owner: 'provider', severity: 'error' } as const;
export const RESULT_CONTRADICTED_CASES: readonly ScorerCase[] = [
  saying('an id with a slip', told(RECORD), 'Your order #W9502172 is there.', {
    ...wrong,
    expectedVsActual: 'id of the result -> another id',
  }),
  saying('a tracking number with a slip', told(RECORD), 'Track it with 843053632397.', wrong),
  saying('another number under the name of a field', told(RECORD), 'Total paid: $1,381.40.', {
    ...wrong,
    expectedVsActual: 'number of the result -> another number',
  }),
  saying('another state', told(RECORD), 'The status is pending.', {
    ...wrong,
    expectedVsActual: 'status of the result -> another status',
  }),
  saying('a user with a slip', told({ user_id: 'sofia_kim_7287' }), 'You are sofia_kim_7278, right.', wrong),
  saying('another limit', told({ data_limit_gb: 15, used: 3 }), 'Your data limit gb is 25.', wrong),
  saying('what the result says', told(RECORD), 'Order #W9502127, tracking 843053632392, status: delivered.', {
    outcome: 'pass',
  }),
  saying('a rounded number', told(RECORD), 'Total paid: about $1318.', { outcome: 'pass' }),
  saying(
    'a number that the user named',
    [user('Was the total 1,200?'), ...told(RECORD).slice(1)],
    'Total paid: 1,200 or 1,318.40?',
    {
      outcome: 'pass',
    },
  ),
  saying('a field with several values', told([{ price: 10 }, { price: 12 }]), 'The price is 14.', { outcome: 'pass' }),
  saying('an id that nothing is like', told(RECORD), 'Case AB-99120 was opened.', { outcome: 'pass' }),
  saying(
    'a state that was changed since',
    [...told(RECORD), assistant(call('b1', 'return_order')), answers(result('b1', 'ok'))],
    'The status is pending.',
    { outcome: 'pass' },
  ),
  saying('no result', [ask], 'Order #W9502172.', { outcome: 'not_applicable' }),
  { name: 'a call', content: after(told(RECORD), { calls: [{}] }), outcome: 'not_applicable' },
  {
    name: 'a conversation that was not captured',
    content: content({ request: null, text: 'Okay.' }),
    outcome: 'unknown',
  },
];

const todo = (...states: readonly string[]): readonly Message[] => [
  user('Add the flag and its test'),
  assistant(call('t1', 'TodoWrite', { todos: states.map((status, index) => ({ content: `step ${index}`, status })) })),
  answers(result('t1', 'Todos have been modified')),
];
const early = { outcome: 'fail', owner: 'provider', severity: 'warning' } as const;
export const PREMATURE_END_CASES: readonly ScorerCase[] = [
  saying('an open item', todo('completed', 'pending'), 'I added the flag.', {
    ...early,
    expectedVsActual: 'open todos 0 -> 1+',
  }),
  saying('an item in progress', todo('in_progress'), 'I added the flag.', early),
  saying(
    'a plan that is open',
    [
      user('Add the flag'),
      assistant(call('t1', 'update_plan', { plan: [{ step: 'flag', status: 'pending' }] })),
      answers(result('t1', 'ok')),
    ],
    'The flag is there.',
    early,
  ),
  saying('all items open', todo('pending', 'pending', 'pending'), 'Here is what I found.', early),
  saying('an error and not a word of it', told('Error: connect refused'), 'Here is the summary of the week.', {
    ...early,
    expectedVsActual: 'last result ok -> error',
  }),
  saying('all items done', todo('completed', 'completed'), 'I added the flag.', { outcome: 'pass' }),
  saying('a question about an open item', todo('completed', 'pending'), 'Which name should the flag have?', {
    outcome: 'pass',
  }),
  saying('an obstacle to an open item', todo('completed', 'pending'), 'I was unable to run the tests.', {
    outcome: 'pass',
  }),
  saying('an error that is told', told('Error: connect refused'), 'The server cannot be reached.', { outcome: 'pass' }),
  saying('a claim after an error, which is another fault', told('Error: no'), 'It has been cancelled.', {
    outcome: 'pass',
  }),
  saying('no error', told('fine'), 'Here it is.', { outcome: 'pass' }),
  saying('no tool', [ask], 'Here it is.', { outcome: 'not_applicable' }),
  { name: 'a call', content: after(todo('pending'), { calls: [{}] }), outcome: 'not_applicable' },
  {
    name: 'a conversation that was not captured',
    content: content({ request: null, text: 'Okay.' }),
    outcome: 'unknown',
  },
];

const want = user('Show me the three cheapest direct flights from Boston to Denver on Friday evening');
const shown = 'Here are flights from Boston to Chicago.';
const reaction = (name: string, next: Message | null, rest: Rest, said = shown): ScorerCase => ({
  name,
  content: after([want], { text: said }),
  ...(next === null ? {} : { next: followedBy([want], assistant({ type: 'text', text: said }), next) }),
  ...rest,
});
const corrected = { ...early, expectedVsActual: 'next request -> correction' } as const;
export const USER_REASK_CASES: readonly ScorerCase[] = [
  reaction('a correction', user("That's not what I asked for."), corrected),
  reaction('a no', user('No, to Denver.'), corrected),
  reaction('a wrong result', user('That is wrong, I said Denver'), corrected),
  reaction('the same request again', want, { ...early, expectedVsActual: 'next request -> same request again' }),
  reaction(
    'the same request in other words',
    user('The three cheapest direct flights from Boston to Denver on Friday evening, show them'),
    early,
  ),
  reaction('an interruption', user('[Request interrupted by user]'), {
    ...early,
    expectedVsActual: 'next request -> interrupted',
  }),
  reaction(
    'an interruption of a tool',
    answers({ type: 'text', text: '[Request interrupted by user for tool use]' }),
    early,
  ),
  reaction('thanks', user('Thanks, that is great!'), { outcome: 'pass' }),
  reaction('another request', user('Now find a hotel in the city centre for two nights'), { outcome: 'pass' }),
  reaction('a no to a question', user('No, thank you.'), { outcome: 'pass' }, 'Shall I book it?'),
  reaction('a no that closes', user("No, that's all."), { outcome: 'pass' }),
  reaction(
    'what was asked for',
    user('Boston to Denver, Friday evening, the three cheapest direct flights'),
    { outcome: 'pass' },
    'Which flights do you want to see?',
  ),
  {
    name: 'only results',
    content: after([want], { calls: [{}] }),
    next: followedBy([want], assistant(call('toolu_0', 'Read')), answers(result('toolu_0', 'x'))),
    outcome: 'not_applicable',
  },
  { name: 'no reply', content: content({ response: null, status: 'upstream_error' }), outcome: 'not_applicable' },
  reaction('no next request', null, { outcome: 'not_applicable' }),
];
