import { describe, expect, it } from 'vitest';
import type { CanonicalBody } from '#shared/formats/canonical.ts';
import { createEncodeTarget } from '#shared/formats/encode-target.ts';
import { UPSTREAM_FORMATS } from '#shared/formats/registry.ts';
import { schemaLostInTranslation } from './schema-lost-in-translation.ts';
import { createScoringSubject } from './scoring-subject.ts';

/** The kinds of words that schemas of real tools have. */
const SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  additionalProperties: false,
  required: ['place'],
  properties: {
    place: { $ref: '#/$defs/Place' },
    when: {
      oneOf: [
        { type: 'string', const: 'now' },
        { type: 'integer', minimum: 3 },
      ],
    },
    note: { anyOf: [{ type: 'string' }, { type: 'null' }], default: null, description: 'A note' },
    unit: { type: ['string', 'null'], enum: ['celsius', 'fahrenheit', null] },
    stops: {
      type: 'array',
      items: { type: 'object', properties: { at: { const: 5 } }, required: ['at'] },
      minItems: 1,
    },
    scores: { type: 'object', additionalProperties: { type: 'number' } },
    link: { type: 'string', format: 'uri', pattern: '^h', maxLength: 90 },
    share: { type: 'number', exclusiveMinimum: 0, multipleOf: 0.5 },
    all: { allOf: [{ type: 'string' }, { minLength: 2 }] },
    any: {},
  },
  $defs: {
    Place: { type: 'object', properties: { city: { type: 'string', description: 'Its name' } }, required: ['city'] },
  },
};
const PLAIN = {
  type: 'object',
  required: ['path'],
  properties: {
    path: { type: 'string', description: 'A file' },
    mode: { type: 'string', enum: ['r', 'w'], default: 'r' },
    lines: { type: 'array', items: { type: 'integer', minimum: 1 } },
  },
};
const TOOLS = [
  { name: 'read', description: 'Reads a file', input_schema: PLAIN },
  { name: 'mcp.weather/forecast', description: 'The weather', input_schema: SCHEMA },
  { name: 'nothing', input_schema: { type: 'object', properties: {} } },
];

describe.each(Object.entries(UPSTREAM_FORMATS))('what is sent as %s', (name, format) => {
  const body = {
    ...{ model: 'model', max_tokens: 100, tools: TOOLS },
    messages: [{ role: 'user', content: 'Look' }],
  } as unknown as CanonicalBody;
  const encoded = format.encodeRequest({ body, extras: {} }, createEncodeTarget({ model: 'model' }), []);
  const sent = encoded.body as Readonly<Record<string, unknown>>;
  const score = (upstream: Readonly<Record<string, unknown>>, losses: typeof encoded.losses) =>
    schemaLostInTranslation.score(
      createScoringSubject(
        {
          call: { status: 'ok', upstreamFormat: name, losses },
          request: body as unknown as Record<string, unknown>,
          response: null,
          upstreamRaw: null,
          upstreamRequest: () => ({ format: name, body: upstream, isExact: true, prefix: null }),
        },
        null,
      ),
    );

  it('has all of the tools, but for what the ledger tells', () => {
    expect(score(sent, encoded.losses)).toMatchObject({ outcome: 'pass' });
  });

  it('is held against the request: without its tools it fails', () => {
    const { tools: _tools, toolConfig: _toolConfig, ...rest } = sent;
    expect(score(rest, [])).toMatchObject({ outcome: 'fail', owner: 'gateway' });
  });

  it('is read tool by tool: a word that is missing is found', () => {
    const changed = JSON.parse(JSON.stringify(sent).replace('"A file"', '"A"')) as typeof sent;
    expect(score(changed, encoded.losses)).toMatchObject({ expectedVsActual: 'schema sent whole -> description lost' });
  });
});
