import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { readEnvironment } from '#shared/environment.ts';
import type { CanonicalBody } from '#shared/formats/canonical.ts';
import { countTokens } from '#shared/formats/count-tokens.ts';

const FOLDER = readEnvironment(process.env).realDataDir;
if (FOLDER === undefined) {
  process.stdout.write('SKIPPED: declared tools are not held to recorded usage, TRIMTAB_REAL_DATA is not set\n');
}

/** Categories of the recorded outcomes, and the files of their questions; a row is a question's number from 1. */
const QUESTIONS: Readonly<Record<string, string>> = {
  simple: 'BFCL_v4_simple_python.json',
  multiple_function: 'BFCL_v4_multiple.json',
  parallel_function: 'BFCL_v4_parallel.json',
  parallel_multiple_function: 'BFCL_v4_parallel_multiple.json',
};
/** What the benchmark puts around a question, and after the description of a number that may be a fraction. */
const BEFORE = 'Questions:';
const AFTER = '\n Note that the provided function is in Python.';
const FLOAT_NOTE = ' This is a float type value.';
const OPENAPI_TYPES: Readonly<Record<string, string>> = {
  ...{ dict: 'object', float: 'number', tuple: 'array', any: 'string' },
};

const questionSchema = z.looseObject({
  question: z.tuple([z.tuple([z.looseObject({ content: z.string() })])]),
  function: z.array(z.looseObject({ name: z.string(), description: z.string(), parameters: z.unknown() })),
});

/** A schema as the benchmark sends it. */
function openapi(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(openapi);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([name]) => name !== 'optional');
  const schema = Object.fromEntries(
    entries.map(([name, member]) => [
      name,
      name === 'type' && typeof member === 'string' ? (OPENAPI_TYPES[member] ?? member) : openapi(member),
    ]),
  );
  const isFloat = entries.some(([name, member]) => name === 'type' && member === 'float');
  return isFloat && typeof schema['description'] === 'string'
    ? { ...schema, description: `${schema['description']}${FLOAT_NOTE}` }
    : schema;
}

function countQuestion(line: string): number {
  const { question, function: functions } = questionSchema.parse(JSON.parse(line));
  const tools = functions.map(({ name, description, parameters }) => ({
    ...{ name: name.replaceAll('.', '_'), description, input_schema: openapi(parameters) },
  }));
  const messages = [{ role: 'user', content: `${BEFORE}${question[0][0].content}${AFTER}` }];
  return countTokens({ messages, tools } as unknown as CanonicalBody, 'gpt-4o-2024-05-13');
}

describe.skipIf(FOLDER === undefined)('declared tools (TRIMTAB_REAL_DATA)', () => {
  const folder = FOLDER ?? '';

  it('cost what gpt-4o reported, in nine of ten questions to 3 %', () => {
    const files = Object.fromEntries(
      Object.entries(QUESTIONS).map(([category, name]) => [
        category,
        readFileSync(join(folder, 'bfcl', name), 'utf8')
          .trim()
          .split('\n'),
      ]),
    );
    const outcomes = gunzipSync(readFileSync(join(folder, 'bfcl-failures', 'outcomes.csv.gz'))).toString('utf8');
    const errors = outcomes.split('\n').flatMap((outcome) => {
      const [model, category = '', row, , , reported] = outcome.split(',');
      const line = model === 'gpt-4o-2024-05-13-FC' ? files[category]?.[Number(row) - 1] : undefined;
      return line === undefined ? [] : [Math.abs(countQuestion(line) / Number(reported) - 1)];
    });
    expect(errors.length).toBeGreaterThan(300);
    expect(errors.sort((a, b) => a - b)[Math.floor(0.9 * errors.length)]).toBeLessThan(0.03);
  });
});
