import type { SeededRandom } from '../../arena/seeded-random.ts';
import { type CallFault, pick } from './call-fault.ts';
import { asBlock, asSent, type CleanCall, store } from './stored-bfcl-call.ts';

type Input = Readonly<Record<string, unknown>>;
type Schema = Readonly<Record<string, unknown>>;

/** What is changed in the first call: its arguments, or their text, and the schema that they then break. */
interface Change {
  readonly input: unknown;
  readonly schema?: Schema;
}

type MakeChange = (input: Input, schema: Schema, random: SeededRandom) => Change | null;

/** The same change upstream, and so delivered, or only between. */
function changed(kind: string, make: MakeChange): CallFault {
  const plant = (clean: CleanCall, random: SeededRandom, isUpstream: boolean) => {
    const [first, ...rest] = clean.calls;
    const tool = clean.tools.find(({ name }) => name === first?.name);
    if (first === undefined || tool === undefined) return null;
    const change = make(first.input, tool.input_schema, random);
    if (change === null) return null;
    const tools = clean.tools.map((each) =>
      each === tool ? { ...tool, input_schema: change.schema ?? tool.input_schema } : each,
    );
    const { input } = change;
    const sentText = typeof input === 'string' ? input : JSON.stringify(input);
    const delivered = [asBlock({ ...first, input }), ...rest.map(asBlock)];
    const sent = isUpstream ? [{ ...asSent(first), arguments: sentText }, ...rest.map(asSent)] : undefined;
    return store(clean, { tools, delivered, ...(sent === undefined ? {} : { sent }) });
  };
  return {
    kind,
    places: [
      { owner: 'provider', plant: (clean, random) => plant(clean, random, true) },
      { owner: 'gateway', plant: (clean, random) => plant(clean, random, false) },
    ],
  };
}

const MALFORMED: readonly ((text: string) => string)[] = [
  (text) => text.slice(0, -1),
  (text) => text.slice(0, Math.ceil(text.length / 2)),
  (text) => `\`\`\`json\n${text}\n\`\`\``,
  (text) => `${text} I hope this helps.`,
  (text) => text.replaceAll('"', "'"),
  (text) => `${text}<|call|>`,
];
const NO_OBJECTS: readonly ((text: string) => string)[] = [
  (text) => JSON.stringify(text),
  (text) => `[${text}]`,
  (text) => JSON.stringify([text]),
  () => 'null',
  () => '42',
];

const propertiesOf = (schema: Schema) => schema['properties'] as Readonly<Record<string, Schema>>;
const requiredOf = (schema: Schema) => (schema['required'] ?? []) as readonly string[];

function withProperty(schema: Schema, name: string, property: Schema): Schema {
  return { ...schema, properties: { ...propertiesOf(schema), [name]: property } };
}

/** A property that the call gives, with its value and schema. */
function pickGiven(input: Input, schema: Schema, random: SeededRandom, isFit: (value: unknown) => boolean) {
  const names = Object.keys(input).filter((name) => Object.hasOwn(propertiesOf(schema), name) && isFit(input[name]));
  if (names.length === 0) return null;
  const name = pick(names, random);
  return { name, value: input[name], property: propertiesOf(schema)[name] ?? {} };
}

const isText = (value: unknown) => typeof value === 'string';
const isScalar = (value: unknown) => isText(value) || typeof value === 'number';

export const ARGUMENT_FAULTS: readonly CallFault[] = [
  changed('args_malformed_json', (input, _schema, random) => {
    const text = pick(MALFORMED, random)(JSON.stringify(input));
    return isJson(text) ? null : { input: text };
  }),
  changed('args_not_object', (input, _schema, random) => ({ input: pick(NO_OBJECTS, random)(JSON.stringify(input)) })),
  changed('missing_required', (input, schema, random) => {
    const required = requiredOf(schema).filter((name) => Object.hasOwn(input, name));
    if (required.length === 0) return null;
    const { [pick(required, random)]: _left, ...rest } = input;
    return { input: rest };
  }),
  changed('unexpected_param', (input, schema, random) => {
    const open = { ...schema, additionalProperties: random.uniform() < 0.5 ? false : undefined };
    return { input: { ...input, [pick(['note', 'extra_option', 'reasoning'], random)]: 'x' }, schema: open };
  }),
  changed('type_mismatch', (input, schema, random) => {
    const given = pickGiven(input, schema, random, isScalar);
    if (given === null) return null;
    const type = typeof given.value === 'number' ? 'number' : 'string';
    const wrong: readonly unknown[] =
      type === 'number' ? [String(given.value), [given.value], 'many'] : [17, { value: given.value }, null];
    return {
      input: { ...input, [given.name]: pick(wrong, random) },
      schema: withProperty(schema, given.name, { ...given.property, type }),
    };
  }),
  changed('enum_violation', (input, schema, random) => {
    const given = pickGiven(input, schema, random, isText);
    if (given === null) return null;
    const allowed = { type: 'string', enum: [given.value, 'first', 'second'] };
    const wrong = pick([`${String(given.value)}_`, 'third', ''], random);
    return { input: { ...input, [given.name]: wrong }, schema: withProperty(schema, given.name, allowed) };
  }),
  changed('constraint_violation', (input, schema, random) => {
    const given = pickGiven(input, schema, random, isScalar);
    if (given === null) return null;
    const { value } = given;
    if (typeof value === 'number') {
      const bounded = { type: 'number', minimum: value - 10, maximum: value + 10 };
      const wrong = value + (random.uniform() < 0.5 ? -11 : 11);
      return { input: { ...input, [given.name]: wrong }, schema: withProperty(schema, given.name, bounded) };
    }
    const text = String(value);
    const [rule, wrong] = pick<readonly [Schema, string]>(
      [
        [{ maxLength: text.length }, `${text}!`],
        [{ pattern: '^[^#]*$' }, `${text}#1`],
        [{ minLength: 1 }, ''],
        [{ anyOf: [{ maxLength: text.length }, { pattern: '^[A-Z]{3}$' }] }, `${text}??`],
      ],
      random,
    );
    return {
      input: { ...input, [given.name]: wrong },
      schema: withProperty(schema, given.name, { type: 'string', ...rule }),
    };
  }),
];

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
