import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

/** What every provider must show; a provider with reasoning shows that, too. */
export const REQUIRED_FIXTURES = ['text.stream', 'tool-call.stream', 'tool-call', 'error'] as const;
export const OPTIONAL_FIXTURES = ['reasoning.stream'] as const;
export type FixtureName = (typeof REQUIRED_FIXTURES)[number] | (typeof OPTIONAL_FIXTURES)[number];

/** A fixture shows a shape; what is larger belongs into the recordings. */
export const FIXTURE_BYTES_MAX = 20_000;

const answerSchema = z.strictObject({
  text: z.string(),
  reasoning: z.string().optional(),
  toolCalls: z.array(z.strictObject({ name: z.string(), input: z.unknown() })),
  stopReason: z.string(),
});
const errorSchema = z.strictObject({ status: z.number().int(), type: z.string() });
export type ExpectedAnswer = z.output<typeof answerSchema>;
export type ExpectedError = z.output<typeof errorSchema>;

/** The first line of a fixture: where it comes from, and what it must decode to. */
const originSchema = z.discriminatedUnion('source', [
  z.looseObject({ source: z.literal('recorded'), from: z.string().min(1), license: z.string().min(1) }),
  z.looseObject({ source: z.literal('synthetic'), documentation: z.url() }),
]);
const headSchema = z.looseObject({
  trimmed: z.string().optional(),
  headers: z.record(z.string(), z.string()).default({}),
});

export interface Fixture<Expected> {
  readonly source: 'recorded' | 'synthetic';
  readonly headers: Readonly<Record<string, string>>;
  readonly expect: Expected;
  /** One JSON value a line: the events of a stream, or the one body. */
  readonly events: readonly object[];
}

export interface ProviderFixtures {
  readonly 'text.stream': Fixture<ExpectedAnswer>;
  readonly 'tool-call.stream': Fixture<ExpectedAnswer>;
  readonly 'tool-call': Fixture<ExpectedAnswer>;
  readonly 'reasoning.stream'?: Fixture<ExpectedAnswer>;
  readonly error: Fixture<ExpectedError>;
}

function readFixture<Expected>(path: string, expected: z.ZodType<Expected>): Fixture<Expected> {
  const [head, ...events] = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  const { source } = originSchema.parse(head);
  const { headers } = headSchema.parse(head);
  const { expect } = z.looseObject({ expect: expected }).parse(head);
  return { source, headers, expect: expect as Expected, events: z.array(z.looseObject({})).min(1).parse(events) };
}

/** Names of the required fixtures that a provider's folder has not. */
export function missingFixtures(folder: string): readonly string[] {
  return REQUIRED_FIXTURES.map((name) => `${name}.jsonl`).filter((name) => !existsSync(join(folder, name)));
}

/** The fixtures in a folder, none of the required ones missing. */
export function readFixtures(folder: string): ProviderFixtures {
  const path = (name: FixtureName) => join(folder, `${name}.jsonl`);
  const reasoning = path('reasoning.stream');
  return {
    'text.stream': readFixture(path('text.stream'), answerSchema),
    'tool-call.stream': readFixture(path('tool-call.stream'), answerSchema),
    'tool-call': readFixture(path('tool-call'), answerSchema),
    error: readFixture(path('error'), errorSchema),
    ...(existsSync(reasoning) ? { 'reasoning.stream': readFixture(reasoning, answerSchema) } : {}),
  };
}
