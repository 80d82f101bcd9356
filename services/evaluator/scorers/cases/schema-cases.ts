import { content, openAiReply, openAiStream, type ScorerCase } from './scorer-case.ts';

/** `calculate_triangle_area` of the Berkeley Function-Calling Leaderboard (simple_python_0, Apache-2.0). */
const AREA_TOOL = {
  name: 'calculate_triangle_area',
  description: 'Calculate the area of a triangle given its base and height.',
  input_schema: {
    type: 'object',
    properties: { base: { type: 'integer' }, height: { type: 'integer' }, unit: { type: 'string' } },
    required: ['base', 'height'],
  },
};
/** In the manner of an airline's agent of tau-bench (MIT). */
const BOOK_TOOL = {
  name: 'book_reservation',
  input_schema: {
    type: 'object',
    additionalProperties: false,
    required: ['user_id', 'cabin'],
    properties: {
      user_id: { type: 'string', minLength: 3, pattern: '^[a-z]+(_[a-z]+)*_\\d{4}$' },
      cabin: { type: 'string', enum: ['basic_economy', 'economy', 'business'] },
      total_baggages: { type: 'integer', minimum: 0, maximum: 20 },
      insurance: { enum: ['yes', 'no', null] },
      date: { type: 'string', format: 'date' },
      passengers: {
        type: 'array',
        minItems: 1,
        uniqueItems: true,
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['first_name'],
          properties: { first_name: { type: 'string' }, age: { type: ['integer', 'null'] } },
        },
      },
      payment: { anyOf: [{ $ref: '#/$defs/Card' }, { $ref: '#/$defs/Voucher' }, { type: 'null' }] },
    },
    $defs: {
      Card: {
        type: 'object',
        properties: { kind: { const: 'card' }, last_four: { type: 'string', pattern: '^\\d{4}$' } },
        required: ['kind', 'last_four'],
      },
      Voucher: {
        type: 'object',
        properties: { kind: { const: 'voucher' }, code: { type: 'string' } },
        required: ['kind', 'code'],
      },
    },
  },
};
const TOOLS = [AREA_TOOL, BOOK_TOOL];
const GOOD = { user_id: 'mia_li_3668', cabin: 'economy' };

const area = (input: unknown, raw?: unknown) => call('calculate_triangle_area', input, raw);
const book = (more: object, raw?: object) =>
  call('book_reservation', { ...GOOD, ...more }, raw === undefined ? undefined : { ...GOOD, ...raw });

function call(name: string, input: unknown, raw?: unknown) {
  const sent = raw === undefined ? null : openAiReply([{ name, arguments: JSON.stringify(raw) }]);
  return content({ calls: [{ name, input }], tools: TOOLS, raw: sent });
}

const fail = (name: string, of: ScorerCase['content'], more: Partial<ScorerCase> = {}): ScorerCase => ({
  name,
  content: of,
  outcome: 'fail',
  ...more,
});
const COMMON: readonly ScorerCase[] = [
  { name: 'whole numbers and a text', content: area({ base: 10, height: 5, unit: 'units' }), outcome: 'pass' },
  { name: 'only what is required', content: book({}), outcome: 'pass' },
  {
    name: 'everything at once',
    content: book({
      total_baggages: 2,
      insurance: null,
      date: '2024-05-20',
      passengers: [{ first_name: 'Mia', age: null }],
      payment: { kind: 'card', last_four: '7065' },
    }),
    outcome: 'pass',
  },
  {
    name: 'the same on both sides of a stream',
    content: content({
      calls: [{ name: 'book_reservation', input: GOOD }],
      tools: TOOLS,
      raw: openAiStream([{ name: 'book_reservation', arguments: JSON.stringify(GOOD) }]),
    }),
    outcome: 'pass',
  },
  {
    name: 'a tool without a schema',
    content: content({ calls: [{ name: 'web_search', input: { a: 1 } }] }),
    outcome: 'pass',
  },
  {
    name: 'an answer in words',
    content: content({ text: 'The area is 25.', tools: TOOLS }),
    outcome: 'not_applicable',
  },
  {
    name: 'no reply at all',
    content: content({ response: null, status: 'upstream_error' }),
    outcome: 'not_applicable',
  },
  { name: 'tools that are not known', content: content({ calls: [{}], tools: null }), outcome: 'unknown' },
];

export const SCHEMA_CASES: Readonly<Record<string, readonly ScorerCase[]>> = {
  unexpected_param: [
    fail('a property that the schema forbids', book({ seat: '12A' }), {
      owner: 'provider',
      severity: 'error',
      expectedVsActual: 'declared properties only -> undeclared property',
    }),
    fail('a property that the schema leaves open', area({ base: 10, height: 5, depth: 1 }), { severity: 'warning' }),
    fail('one in an item of a list', book({ passengers: [{ first_name: 'Mia', seat: '1' }] }), { severity: 'error' }),
    fail('one that came in on the way', book({ seat: '12A' }, {}), { owner: 'gateway' }),
    fail('one that the upstream had too', book({ seat: '12A' }, { seat: '12A' }), { owner: 'provider' }),
    fail('one that was taken out on the way', book({}, { seat: '12A' }), { owner: 'provider', severity: 'warning' }),
    fail('one of a name that every object has', book({ constructor: 'x' }), { severity: 'error' }),
    ...COMMON,
  ],
  type_mismatch: [
    fail('a number in quotes', area({ base: '10', height: 5 }), {
      owner: 'provider',
      severity: 'error',
      expectedVsActual: 'type integer -> coercible string',
    }),
    fail('a word for a number', area({ base: 'ten', height: 5 }), { expectedVsActual: 'type integer -> string' }),
    fail('a fraction for a whole number', area({ base: 10.5, height: 5 }), {
      expectedVsActual: 'type integer -> number',
    }),
    fail('null where none is allowed', book({ date: null }), { expectedVsActual: 'type string -> null' }),
    fail('a list written into a text', book({ passengers: '[{"first_name":"Mia"}]' }), {
      expectedVsActual: 'type array -> coercible string',
    }),
    fail('none of the types of a union', book({ payment: 5 }), { expectedVsActual: 'type alternatives -> integer' }),
    fail('a type that changed on the way', area({ base: '10', height: 5 }, { base: 10, height: 5 }), {
      owner: 'gateway',
    }),
    fail('a wrong type from the upstream', area({ base: '10', height: 5 }, { base: '10', height: 5 }), {
      owner: 'provider',
    }),
    fail('a type that was mended on the way', area({ base: 10, height: 5 }, { base: '10', height: 5 }), {
      owner: 'provider',
      severity: 'warning',
    }),
    ...COMMON,
  ],
  enum_violation: [
    fail('a value that is not listed', book({ cabin: 'premium' }), {
      owner: 'provider',
      severity: 'error',
      expectedVsActual: 'one of the values -> another value',
    }),
    fail('a value in another spelling', book({ cabin: 'Basic Economy' }), {
      expectedVsActual: 'one of the values -> a value like one of them',
    }),
    fail('a truth value for a word', book({ insurance: true }), {}),
    fail('an unknown kind of a union', book({ payment: { kind: 'cash' } }), {}),
    fail('a value that changed on the way', book({ cabin: 'coach' }, { cabin: 'economy' }), { owner: 'gateway' }),
    fail('a wrong value from the upstream', book({ cabin: 'coach' }, { cabin: 'coach' }), { owner: 'provider' }),
    ...COMMON,
  ],
  constraint_violation: [
    fail('a text that misses its pattern', book({ user_id: 'Mia Li' }), {
      owner: 'provider',
      severity: 'error',
      expectedVsActual: 'pattern holds -> pattern broken',
    }),
    fail('a number over its bound', book({ total_baggages: 21 }), {
      expectedVsActual: 'maximum holds -> maximum broken',
    }),
    fail('a date in words', book({ date: 'May 20' }), { expectedVsActual: 'format holds -> format broken' }),
    fail('an empty list', book({ passengers: [] }), { expectedVsActual: 'minItems holds -> minItems broken' }),
    fail('the same item twice', book({ passengers: [{ first_name: 'Mia' }, { first_name: 'Mia' }] }), {
      expectedVsActual: 'uniqueItems holds -> uniqueItems broken',
    }),
    fail('a pattern within the alternative that is meant', book({ payment: { kind: 'card', last_four: '70' } }), {
      expectedVsActual: 'pattern holds -> pattern broken',
    }),
    fail('a bound that only the delivered call breaks', book({ total_baggages: 99 }, { total_baggages: 9 }), {
      owner: 'gateway',
    }),
    {
      name: 'a pattern that could run for ever is not tried',
      content: content({
        calls: [{ name: 'find', input: { word: 'aaa' } }],
        tools: [{ name: 'find', input_schema: { type: 'object', properties: { word: { pattern: '(?=a)(a+)+$' } } } }],
      }),
      outcome: 'unknown',
    },
    ...COMMON,
  ],
};
