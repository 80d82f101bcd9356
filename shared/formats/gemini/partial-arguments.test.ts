import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PROPERTY } from '../../testing/property.ts';
import { type JsonPath, parseJsonPath } from './json-path.ts';
import { type ArgumentPiece, addArgument, closeArguments, createPartialArguments } from './partial-arguments.ts';

describe('a JSON path', () => {
  test.each([
    ['$.location', ['location']],
    ['$.a.b[0].c', ['a', 'b', 0, 'c']],
    ["$['a.b']['it\\'s']", ['a.b', "it's"]],
    ['$["q\\"u\\n"]', ['q"u\n']],
    ['$[\'say "hi"\']', ['say "hi"']],
    ['$["a\\\\\'b"]', ["a\\'b"]],
    ['$.漢-字', ['漢-字']],
  ])('%s names the steps to one argument', (path, steps) => {
    expect(parseJsonPath(path)).toEqual(steps);
  });

  test.each(['', '$', 'location', '$.', '$..a', '$.a[*]', '$.a[?@.b]', "$['a", '$.a[-1]', `$${'.a'.repeat(65)}`])(
    '%s names none',
    (path) => {
      expect(parseJsonPath(path)).toBeNull();
    },
  );
});

const piece = (path: JsonPath, value: ArgumentPiece['value'], continues = false): ArgumentPiece => ({
  path,
  value,
  continues,
});

/** The text of all pieces, or null when one of them was refused. State goes through JSON between them. */
function write(pieces: readonly ArgumentPiece[]): string | null {
  let state = createPartialArguments();
  let text = '';
  for (const one of pieces) {
    const written = addArgument(state, one);
    if (written === null) return null;
    text += written;
    state = JSON.parse(JSON.stringify(state)) as typeof state;
  }
  return text + closeArguments(state);
}

describe('arguments in pieces', () => {
  test('are one text in the order of their coming', () => {
    const pieces = [
      piece(['city'], 'Bos', true),
      piece(['city'], 'ton "MA"', true),
      piece(['city'], ''),
      piece(['list', 0, 'n'], 1),
      piece(['list', 0, 'm'], null),
      piece(['list', 1, 'n'], false),
      piece(['deep', 'er', 0], 'x'),
    ];
    expect(write(pieces)).toBe('{"city":"Boston \\"MA\\"","list":[{"n":1,"m":null},{"n":false}],"deep":{"er":["x"]}}');
  });

  test('stream a string while it comes', () => {
    const state = createPartialArguments();
    expect(addArgument(state, piece(['a'], 'one', true))).toBe('{"a":"one');
    expect(addArgument(state, piece(['a'], ' two', true))).toBe(' two');
    expect(addArgument(state, piece(['b'], 1))).toBe('","b":1');
    expect(closeArguments(state)).toBe('}');
    expect(closeArguments(state), 'closing twice says nothing more').toBe('');
  });

  test('that never come are an empty object', () => {
    expect(write([])).toBe('{}');
  });

  test('that come after their place was written count all the same', () => {
    const pieces = [piece(['a', 'x'], 1), piece(['b'], 2), piece(['a', 'y'], 3), piece(['b'], 4), piece(['c'], 5)];
    expect(JSON.parse(write(pieces) ?? '')).toEqual({ a: { x: 1, y: 3 }, b: 4, c: 5 });
  });

  test.each([
    ['a gap in a list', [piece(['a', 1], 1)]],
    ['a name in a list', [piece(['a', 0], 1), piece(['a', 'b'], 1)]],
    ['a position in an object', [piece(['a', 'b'], 1), piece(['a', 0], 1)]],
    ['a list as the whole', [piece([0], 1)]],
  ])('with %s cannot be put together', (_, pieces) => {
    expect(write(pieces)).toBeNull();
  });
});

/** The pieces that say a value, with strings cut in two. */
function piecesOf(value: unknown, path: JsonPath): readonly ArgumentPiece[] {
  if (typeof value === 'string') {
    const half = Math.ceil(value.length / 2);
    return [piece(path, value.slice(0, half), true), piece(path, value.slice(half), true), piece(path, '')];
  }
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    return [piece(path, value as ArgumentPiece['value'])];
  }
  const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? value.map((item, index) => [index, item] as const)
    : Object.entries(value);
  return entries.flatMap(([step, item]) => piecesOf(item, [...path, step]));
}

test('any arguments, in any order that keeps lists whole, are what their pieces say', () => {
  const input = fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'q"', '0'), fc.jsonValue({ maxDepth: 3 }));
  fc.assert(
    fc.property(input, fc.boolean(), (value, isReversed) => {
      const wanted = JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
      const names = isReversed ? Object.keys(wanted).reverse() : Object.keys(wanted);
      const text = write(names.flatMap((name) => piecesOf(wanted[name], [name]))) ?? 'refused';
      expect(JSON.parse(text)).toEqual(wanted);
    }),
    PROPERTY,
  );
});

test('no pieces, however odd, throw or make text that is no JSON object', () => {
  const step = fc.constantFrom('a', 'b', '__proto__', 'constructor', 0, 1);
  const odd = fc.record({
    path: fc.array(step, { minLength: 1, maxLength: 3 }),
    value: fc.oneof(fc.constantFrom('', 's', null, true, 1), fc.constantFrom({}, { x: 1 }, [])),
    continues: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(odd, { maxLength: 8 }), (pieces) => {
      const text = write(pieces);
      if (text !== null) expect(JSON.parse(text)).toBeTypeOf('object');
    }),
    PROPERTY,
  );
});
