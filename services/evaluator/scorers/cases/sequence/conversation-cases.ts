import { content, type ScorerCase, type ToolUse } from '../scorer-case.ts';
import { after, answers, assistant, call, followedBy, type Message, result, user } from './turn.ts';

type Rest = Omit<ScorerCase, 'name' | 'content'>;
const calling = (name: string, messages: readonly Message[], calls: readonly ToolUse[], rest: Rest): ScorerCase => ({
  name,
  content: after(messages, { calls }),
  ...rest,
});
const saying = (name: string, messages: readonly Message[], said: string, rest: Rest): ScorerCase => ({
  name,
  content: after(messages, { text: said }),
  ...rest,
});

const order = user('Please return the keyboard of order #W9502127. I am jane.doe@example.com, zip 32286.');
const orderCall = (id: string): ToolUse => ({ name: 'get_order_details', input: { order_id: id } });
const fromNowhere = { outcome: 'fail', owner: 'provider', severity: 'warning' } as const;

export const UNGROUNDED_LITERAL_CASES: readonly ScorerCase[] = [
  calling('an order that nobody named', [order], [orderCall('#W1234098')], {
    ...fromNowhere,
    expectedVsActual: 'id from the conversation -> from nowhere',
  }),
  calling('a number that nobody named', [order], [{ name: 'pay', input: { amount: 4817.55 } }], fromNowhere),
  calling('a date that nobody named', [order], [{ name: 'book', input: { date: '2024-05-19' } }], fromNowhere),
  calling(
    'an address that nobody named',
    [order],
    [{ name: 'find_user', input: { email: 'mia.li@mail.org' } }],
    fromNowhere,
  ),
  calling(
    'a page that nobody named',
    [order],
    [{ name: 'fetch_page', input: { url: 'https://shop.test/a' } }],
    fromNowhere,
  ),
  calling(
    'a path that nobody named',
    [order],
    [{ name: 'Read', input: { file_path: '/srv/app/main.ts' } }],
    fromNowhere,
  ),
  calling(
    'the next id after known ones',
    [order, assistant(call('a1', 'get_plan', { id: 'P1001' })), answers(result('a1', 'Error: not found'))],
    [{ name: 'get_plan', input: { id: 'P1002' } }],
    fromNowhere,
  ),
  calling('the order that the user named', [order], [orderCall('#W9502127')], { outcome: 'pass' }),
  calling('the order without its sign', [order], [orderCall('W9502127')], { outcome: 'pass' }),
  calling('the email that the user named', [order], [{ name: 'find_user', input: { email: 'Jane.Doe@example.com' } }], {
    outcome: 'pass',
  }),
  calling(
    'an id of a result',
    [order, assistant(call('a1', 'get_order')), answers(result('a1', { item_id: '1421289881' }))],
    [{ name: 'return_item', input: { item: 1421289881 } }],
    { outcome: 'pass' },
  ),
  calling(
    'a date in other words',
    [user('Fly me out on May 19th, please')],
    [{ name: 'book', input: { date: '2024-05-19' } }],
    {
      outcome: 'pass',
    },
  ),
  calling(
    'a sum of known numbers',
    [user('Refund 1204.50 and 310.25')],
    [{ name: 'pay', input: { amount: 1514.75 } }],
    {
      outcome: 'pass',
    },
  ),
  calling(
    'a new file in a known folder',
    [user('Work in /srv/app')],
    [{ name: 'Read', input: { file_path: '/srv/app/b.ts' } }],
    {
      outcome: 'pass',
    },
  ),
  calling('what the model calculates by itself', [order], [{ name: 'calculate', input: { expression: '48211' } }], {
    outcome: 'not_applicable',
  }),
  calling('words only', [order], [{ name: 'search', input: { query: 'blue keyboard' } }], {
    outcome: 'not_applicable',
  }),
  saying('no call', [order], 'Which one?', { outcome: 'not_applicable' }),
  {
    name: 'a conversation that was not captured',
    content: content({ request: null, calls: [orderCall('#W1234098')] }),
    outcome: 'unknown',
  },
];

/** Turns with one call each, all with results of the same words unless one is given. */
function rounds(...steps: readonly (readonly [name: string, input: unknown, told?: string])[]): readonly Message[] {
  return steps.flatMap(([name, input, told], index) => [
    assistant(call(`r${index}`, name, input)),
    answers(result(`r${index}`, told ?? `content of ${JSON.stringify(input)}`)),
  ]);
}
const start = user('Find the bug');
const a = { path: 'a.ts' };
const b = { path: 'b.ts' };
const c = { path: 'c.ts' };
const loops = { outcome: 'fail', owner: 'provider', severity: 'error' } as const;

export const LOOP_CYCLE_CASES: readonly ScorerCase[] = [
  calling(
    'the same call for the third time',
    [start, ...rounds(['view', a], ['view', a])],
    [{ name: 'view', input: a }],
    {
      ...loops,
      expectedVsActual: 'new result -> cycle of 1 repeated',
    },
  ),
  calling(
    'two calls in turn',
    [start, ...rounds(['view', a], ['view', b], ['view', a], ['view', b], ['view', a])],
    [{ name: 'view', input: b }],
    { ...loops, expectedVsActual: 'new result -> cycle of 2 repeated' },
  ),
  calling(
    'three calls in turn',
    [
      start,
      ...rounds(['view', a], ['view', b], ['view', c], ['view', a], ['view', b], ['view', c], ['view', a], ['view', b]),
    ],
    [{ name: 'view', input: c }],
    { ...loops, expectedVsActual: 'new result -> cycle of 3 repeated' },
  ),
  calling(
    'a cycle after other work',
    [start, ...rounds(['view', c], ['edit', a], ['view', a], ['view', a])],
    [{ name: 'view', input: a }],
    loops,
  ),
  calling(
    'arguments in another order',
    [start, ...rounds(['search', { q: 'x', n: 1 }, 'none'], ['search', { n: 1, q: 'x' }, 'none'])],
    [{ name: 'search', input: { q: 'x', n: 1 } }],
    loops,
  ),
  calling('the second time', [start, ...rounds(['view', a])], [{ name: 'view', input: a }], { outcome: 'pass' }),
  calling('other arguments', [start, ...rounds(['view', a], ['view', b])], [{ name: 'view', input: c }], {
    outcome: 'pass',
  }),
  calling(
    'another result each time',
    [start, ...rounds(['run', a, 'pass 1'], ['run', a, 'pass 2'])],
    [{ name: 'run', input: a }],
    { outcome: 'pass' },
  ),
  calling(
    'a user who asks for it each time',
    [start, ...rounds(['view', a]), user('again'), ...rounds(['view', a]), user('again')],
    [{ name: 'view', input: a }],
    { outcome: 'pass' },
  ),
  calling(
    'an error each time, which is another fault',
    [start, ...rounds(['view', a, 'Error: no file'], ['view', a, 'Error: no file'])],
    [{ name: 'view', input: a }],
    { outcome: 'pass' },
  ),
  calling('the first call', [start], [{ name: 'view', input: a }], { outcome: 'pass' }),
  calling(
    'waiting',
    [start, ...rounds(['wait_for_build', {}], ['wait_for_build', {}])],
    [{ name: 'wait_for_build', input: {} }],
    { outcome: 'not_applicable' },
  ),
  saying('no call', [start, ...rounds(['view', a], ['view', a])], 'Found it.', { outcome: 'not_applicable' }),
  {
    name: 'a conversation that was not captured',
    content: content({ request: null, calls: [{}] }),
    outcome: 'unknown',
  },
];

const reading = (
  name: string,
  before: readonly Message[],
  now: { readonly call: ToolUse; readonly told: string } | null,
  rest: Rest,
): ScorerCase => {
  const asked = now?.call ?? { name: 'view', input: a };
  const reply = assistant(call('toolu_0', asked.name ?? '', asked.input));
  return {
    name,
    content: after([start, ...before], { calls: [asked] }),
    ...(now === null ? {} : { next: followedBy([start, ...before], reply, answers(result('toolu_0', now.told))) }),
    ...rest,
  };
};
const again = { call: { name: 'view', input: a }, told: 'one' };
const redundant = { outcome: 'fail', owner: 'provider', severity: 'warning' } as const;

export const REDUNDANT_READ_CASES: readonly ScorerCase[] = [
  reading('the same file again', rounds(['view', a, 'one']), again, {
    ...redundant,
    expectedVsActual: 'new reading -> same reading again',
  }),
  reading('the same file after another', rounds(['view', a, 'one'], ['view', b, 'two']), again, redundant),
  reading(
    'the same search',
    rounds(['search', { q: 'x' }, 'none']),
    { call: { name: 'search', input: { q: 'x' } }, told: 'none' },
    redundant,
  ),
  reading(
    'the same record',
    rounds(['get_user_details', { id: 1 }, '{}']),
    { call: { name: 'get_user_details', input: { id: 1 } }, told: '{}' },
    redundant,
  ),
  reading(
    'the same command that only looks',
    rounds(['Bash', { command: 'ls src' }, 'a.ts']),
    { call: { name: 'Bash', input: { command: 'ls src' } }, told: 'a.ts' },
    redundant,
  ),
  reading('another content by now', rounds(['view', a, 'one']), { ...again, told: 'two' }, { outcome: 'pass' }),
  reading('a write in between', rounds(['view', a, 'one'], ['edit_file', a, 'ok']), again, { outcome: 'pass' }),
  reading('another file', rounds(['view', b, 'one']), again, { outcome: 'pass' }),
  reading('the first reading', [], again, { outcome: 'pass' }),
  reading(
    'what failed before',
    rounds(['view', a, 'Error: busy']),
    { ...again, told: 'Error: busy' },
    { outcome: 'pass' },
  ),
  reading(
    'a write',
    rounds(['edit_file', a, 'ok']),
    { call: { name: 'edit_file', input: a }, told: 'ok' },
    {
      outcome: 'not_applicable',
    },
  ),
  saying('no call', [start], 'Done.', { outcome: 'not_applicable' }),
  reading('no next request', rounds(['view', a, 'one']), null, { outcome: 'not_applicable' }),
];

const cancel = user('Cancel order #W1.');
const failedCancel = [
  cancel,
  assistant(call('a1', 'cancel_order')),
  answers(result('a1', 'Error: order is delivered')),
];
const claims = { outcome: 'fail', owner: 'provider', severity: 'error' } as const;

export const ERROR_IGNORED_CASES: readonly ScorerCase[] = [
  saying('a claim after an error', failedCancel, 'Your order has been cancelled.', {
    ...claims,
    expectedVsActual: 'error dealt with -> success claimed',
  }),
  saying('a claim with good wishes', failedCancel, 'The order was successfully cancelled! Anything else?', claims),
  saying('a claim in the first person', failedCancel, "I've cancelled the order for you.", claims),
  saying('a claim of a state', failedCancel, 'Your order is now cancelled.', claims),
  saying(
    'a claim with regret for the bad news',
    failedCancel,
    "Your order has been cancelled. I'm sorry we couldn't do more, and I understand your disappointment.",
    claims,
  ),
  saying(
    'a claim beside the name of a button',
    failedCancel,
    'Your order has been cancelled. On the page of the carrier select “Report a problem”.',
    claims,
  ),
  saying(
    'regret for what went wrong',
    failedCancel,
    "Your request has been sent. I'm sorry for the inconvenience: the order could not be found.",
    { outcome: 'pass' },
  ),
  saying('a quoted error', failedCancel, 'The order has been checked. The tool said “Error: no”.', { outcome: 'pass' }),
  {
    name: 'a claim after a flagged error',
    content: after([cancel, assistant(call('a1', 'cancel_order')), answers(result('a1', 'busy', true))], {
      text: 'All done!',
    }),
    ...claims,
  },
  saying('an error that is told', failedCancel, 'Unfortunately the order is delivered already.', { outcome: 'pass' }),
  saying('an apology', failedCancel, "I'm sorry, this order cannot be cancelled.", { outcome: 'pass' }),
  saying('a question', failedCancel, 'The order is delivered. Would you like to return it?', { outcome: 'pass' }),
  calling('another try', failedCancel, [{ name: 'return_order' }], { outcome: 'pass' }),
  saying(
    'an error made up for in the same turn',
    [
      cancel,
      assistant(call('a1', 'cancel_order', { id: 1 }), call('a2', 'cancel_order', { id: 2 })),
      answers(result('a1', 'Error: no'), result('a2', 'ok')),
    ],
    'Order 2 has been cancelled.',
    { outcome: 'pass' },
  ),
  saying(
    'no error',
    [cancel, assistant(call('a1', 'cancel_order')), answers(result('a1', 'ok'))],
    'It has been cancelled.',
    {
      outcome: 'not_applicable',
    },
  ),
  saying('no result', [cancel], 'Done.', { outcome: 'not_applicable' }),
  {
    name: 'a conversation that was not captured',
    content: content({ request: null, text: 'Done.' }),
    outcome: 'unknown',
  },
];
