import { TrimtabError } from '#shared/errors.ts';
import { type FakeScenario, fakeScenarioSchema } from '#shared/testing/fake-scenario.ts';

/** What happens in a drill, to one of two providers that serve the same agents. */
export interface DrillScenario {
  readonly name: string;
  readonly title: string;
  /** Of the provider that it happens to; the switch `fault` turns it on and off. */
  readonly swift: FakeScenario;
  /** Scorers of the operator's own that see what ours take for no failure. */
  readonly scorers: readonly URL[];
}

const FAULT = { switch: 'fault' } as const;

interface Drill {
  readonly title: string;
  readonly faults: readonly object[];
  readonly scorers?: readonly URL[];
}

const DRILLS: Readonly<Record<string, Drill>> = {
  'field-order': {
    title: 'A provider flips the order of fields in tool calls: values stand under the wrong names',
    faults: [{ kind: 'flip-fields', when: FAULT }],
  },
  'model-swap': {
    title: 'A provider puts a weaker model behind the same name, and tells nobody',
    faults: [
      { kind: 'missing-argument', argument: 'path', when: { ...FAULT, share: 0.9 } },
      { kind: 'malformed-arguments', when: { ...FAULT, share: 0.6 } },
    ],
  },
  'cache-hint': {
    title: 'A provider stops to honour cache hints: every turn is paid for in full',
    faults: [{ kind: 'cache-ignored', when: FAULT }],
    scorers: [new URL('./scorers/cache-hint-honoured.mjs', import.meta.url)],
  },
};

export const DRILL_NAMES = Object.keys(DRILLS);

/** Throws `invalid_request` for a drill that there is not. */
export function drillScenario(name: string): DrillScenario {
  const drill = DRILLS[name];
  if (drill === undefined) {
    throw new TrimtabError('invalid_request', `there is no drill ${name}; there are ${DRILL_NAMES.join(', ')}`);
  }
  const swift = fakeScenarioSchema.parse({ ...GOOD, format: 'openai-chat', faults: drill.faults });
  return { name, title: drill.title, swift, scorers: drill.scorers ?? [] };
}

const GOOD = { cachesPrompts: true, answer: 'Here is what the files say: {input}' };

/** The other provider, to which nothing happens. */
export const STEADY_PROVIDER: FakeScenario = fakeScenarioSchema.parse({ ...GOOD, format: 'anthropic-messages' });
