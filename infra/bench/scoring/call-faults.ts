import { encodeToolName } from '#shared/formats/tool-name.ts';
import type { ScoredContent } from '../../../services/evaluator/scorers/scoring-subject.ts';
import type { SeededRandom } from '../../arena/seeded-random.ts';
import { ARGUMENT_FAULTS } from './argument-faults.ts';
import { type CallFault, pick } from './call-fault.ts';
import { asBlock, asSent, type CleanCall, type MadeCall, store } from './stored-bfcl-call.ts';

/** The same change to the first call, upstream (and so delivered) or between. */
function renamed(rename: (name: string, random: SeededRandom) => string): CallFault['places'] {
  const change = (calls: readonly MadeCall[], random: SeededRandom) =>
    calls.map((call, index) => (index === 0 ? { ...call, name: rename(call.name, random) } : call));
  return [
    {
      owner: 'provider',
      plant: (clean, random) => {
        const calls = change(clean.calls, random);
        const sent = calls.map((call, index) => ({ ...asSent(call), ...(index === 0 ? { name: call.name } : {}) }));
        return isStrange(clean, calls) ? store(clean, { sent, delivered: calls.map(asBlock) }) : null;
      },
    },
    {
      owner: 'gateway',
      plant: (clean, random) => {
        const calls = change(clean.calls, random);
        return isStrange(clean, calls) ? store(clean, { delivered: calls.map(asBlock) }) : null;
      },
    },
  ];
}

function isStrange({ tools }: CleanCall, calls: readonly MadeCall[]): boolean {
  const name = calls[0]?.name ?? '';
  return !tools.some((tool) => tool.name === name || encodeToolName(tool.name) === name);
}

const MANGLINGS: readonly ((name: string) => string)[] = [
  (name) => name.toUpperCase(),
  (name) => `functions.${name}`,
  (name) => name.replace(/[._]/g, '-'),
  (name) => name.replace(/[._-](\w)/g, (_whole, letter: string) => letter.toUpperCase()),
];

const text = (value: string) => ({ type: 'text', text: value });
const named = ({ calls }: CleanCall) => calls[0]?.name ?? '';

const LEAKS: readonly ((call: MadeCall) => string)[] = [
  ({ name, input }) => `<tool_call>\n${JSON.stringify({ name, arguments: input })}\n</tool_call>`,
  ({ name, input }) => `<function=${name}>${JSON.stringify(input)}</function>`,
  ({ name, input }) => `[TOOL_CALLS][${JSON.stringify({ name, arguments: input })}]`,
  ({ name, input }) => `<|channel|>commentary to=functions.${name}<|message|>${JSON.stringify(input)}<|call|>`,
  ({ name }) => `<think>\nI should call ${name}.\n</think>\n\nOne moment.`,
];
const ANNOUNCEMENTS: readonly ((call: MadeCall) => string)[] = [
  ({ name }) => `Let me call ${name} for that:`,
  ({ name }) => `I'll use the ${name} function to find out.`,
  () => "Sure. I'll now run the calculation...",
  ({ name, input }) => `\`\`\`json\n${JSON.stringify({ name, arguments: input })}\n\`\`\``,
  ({ name, input }) => JSON.stringify({ name, parameters: input }),
];

function withFirst(clean: CleanCall, make: (call: MadeCall) => ScoredContent): ScoredContent | null {
  const [first] = clean.calls;
  return first === undefined ? null : make(first);
}

const several = (clean: CleanCall) => clean.calls.length > 1;
const merged = (clean: CleanCall) => clean.calls.map(({ input }) => JSON.stringify(input)).join('');

/** One call with the arguments of all. */
function mergedBlock(clean: CleanCall) {
  return asBlock({ id: 'call_merged', name: named(clean), input: merged(clean) });
}

const oneAtATime = { tool_choice: { type: 'auto', disable_parallel_tool_use: true } };
/** A second call, so that there is one too many. */
const more = (calls: readonly MadeCall[]) =>
  calls.length > 1 ? calls : calls.flatMap((call) => [call, { ...call, id: `${call.id}_more` }]);

export const CALL_FAULTS: readonly CallFault[] = [
  { kind: 'unknown_tool', places: renamed((_name, random) => pick(['search_the_web', 'python', 'do_it'], random)) },
  { kind: 'tool_name_mangled', places: renamed((name, random) => pick(MANGLINGS, random)(name)) },
  ...ARGUMENT_FAULTS,
  {
    kind: 'duplicate_parallel',
    places: [
      {
        owner: 'provider',
        plant: (clean) =>
          withFirst(clean, (first) => {
            const calls = [...clean.calls, { ...first, id: `${first.id}_again` }];
            return store(clean, { sent: calls.map(asSent), delivered: calls.map(asBlock) });
          }),
      },
      {
        owner: 'gateway',
        plant: (clean) =>
          isAllDifferent(clean)
            ? withFirst(clean, (first) =>
                store(clean, { delivered: [...clean.calls, { ...first, id: `${first.id}_again` }].map(asBlock) }),
              )
            : null,
      },
    ],
  },
  {
    kind: 'parallel_collapsed',
    places: [
      {
        owner: 'provider',
        plant: (clean) =>
          several(clean)
            ? store(clean, {
                sent: [{ id: 'call_merged', name: encodeToolName(named(clean)), arguments: merged(clean) }],
                delivered: [mergedBlock(clean)],
              })
            : null,
      },
      {
        owner: 'gateway',
        plant: (clean) => (several(clean) ? store(clean, { delivered: [mergedBlock(clean)] }) : null),
      },
      {
        owner: 'gateway',
        plant: (clean) => (several(clean) ? store(clean, { delivered: clean.calls.slice(1).map(asBlock) }) : null),
      },
    ],
  },
  {
    kind: 'parallel_disallowed',
    places: [
      {
        owner: 'provider',
        plant: (clean) => {
          const calls = more(clean.calls);
          const upstreamBody = { tools: [{}], parallel_tool_calls: false };
          return store(clean, {
            parameters: oneAtATime,
            sent: calls.map(asSent),
            delivered: calls.map(asBlock),
            upstreamBody,
          });
        },
      },
      {
        owner: 'gateway',
        plant: (clean) => {
          const calls = more(clean.calls);
          return store(clean, {
            parameters: oneAtATime,
            sent: calls.map(asSent),
            delivered: calls.map(asBlock),
            upstreamBody: { tools: [{}] },
          });
        },
      },
      {
        owner: 'gateway',
        plant: (clean) => {
          const calls = more(clean.calls);
          return store(clean, {
            parameters: oneAtATime,
            sent: calls.slice(0, 1).map(asSent),
            delivered: calls.map(asBlock),
          });
        },
      },
    ],
  },
  {
    kind: 'tool_choice_violated',
    places: [
      {
        owner: 'provider',
        plant: (clean, random) => {
          const [delivered, sentText] = [[text('I cannot do that.')], 'I cannot do that.'];
          const tool_choice = pick([{ type: 'any' }, { type: 'tool', name: named(clean) }], random);
          return store(clean, { parameters: { tool_choice }, sent: [], sentText, delivered });
        },
      },
      { owner: 'provider', plant: (clean) => store(clean, { parameters: { tool_choice: { type: 'none' } } }) },
      {
        owner: 'gateway',
        plant: (clean) => store(clean, { parameters: { tool_choice: { type: 'any' } }, delivered: [text('Done.')] }),
      },
      {
        owner: 'gateway',
        plant: (clean) =>
          store(clean, {
            parameters: { tool_choice: { type: 'none' } },
            upstreamBody: { tools: [{}], tool_choice: 'auto' },
          }),
      },
    ],
  },
  {
    kind: 'missing_expected_call',
    places: [
      {
        owner: 'provider',
        plant: (clean, random) =>
          withFirst(clean, (first) => {
            const said = pick(ANNOUNCEMENTS, random)(first);
            return store(clean, { sent: [], sentText: said, delivered: [text(said)] });
          }),
      },
    ],
  },
  {
    kind: 'call_text_leak',
    places: [
      {
        owner: 'provider',
        plant: (clean, random) =>
          withFirst(clean, (first) => {
            const said = pick(LEAKS, random)(first);
            return store(clean, { sent: [], sentText: said, delivered: [text(said)] });
          }),
      },
      {
        owner: 'gateway',
        plant: (clean, random) =>
          withFirst(clean, (first) => store(clean, { delivered: [text(pick(LEAKS, random)(first))] })),
      },
    ],
  },
  {
    kind: 'id_missing_or_duplicate',
    places: [
      {
        owner: 'gateway',
        plant: (clean, random) =>
          withFirst(clean, (first) => {
            const calls = several(clean)
              ? clean.calls.map((call) => ({ ...call, id: first.id }))
              : [{ ...first, id: pick(['', 'a.b:0', 'call 1'], random) }];
            return store(clean, { delivered: calls.map(asBlock) });
          }),
      },
    ],
  },
];

function isAllDifferent({ calls }: CleanCall): boolean {
  return new Set(calls.map(({ name, input }) => JSON.stringify([name, input]))).size === calls.length;
}
