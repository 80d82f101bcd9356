import { isRecord } from '../json.ts';
import { normaliseNumber } from './numbers.ts';

/** A value of which a model cannot think by itself: it must have been told. */
export interface Literal {
  readonly kind: 'id' | 'path' | 'url' | 'email' | 'date' | 'number';
  readonly value: string;
  /** JSON pointer below the value that was searched. */
  readonly pointer: string;
}

/** Significant characters below which chance alone finds a value. */
const SIGNIFICANT_MIN = 4;
const TEXT_CHARACTERS_MAX = 200;
const DEPTH_MAX = 6;
const LITERALS_MAX = 60;

const EMAIL = /^[\w.+-]+@[\w-]+(\.[\w-]+)+$/;
const URL_TEXT = /^[a-z][a-z0-9+.-]*:\/\/\S+$/i;
const PATH = /^(~|\.{0,2})?\/[\w.@+~-]+(\/[\w.@+~ -]+)+\/?$|^[A-Za-z]:\\\S+$/;
const DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;
const NUMBER = /^[-+]?\d[\d,]*(\.\d+)?$/;
/** Letters and digits together, or words and digits held together by signs: what systems name their records. */
const ID = /^(?:#?(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)*|#\d+)$/;

/** The literals among the values of tool arguments. Texts with blanks are prose, not literals. */
export function literalsOf(value: unknown, pointer = '', depth = 0): readonly Literal[] {
  if (depth > DEPTH_MAX) return [];
  if (typeof value === 'number') return numberLiteral(String(value), pointer);
  if (typeof value === 'string') return textLiteral(value.trim(), pointer);
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => literalsOf(item, `${pointer}/${index}`, depth + 1)).slice(0, LITERALS_MAX);
  }
  if (!isRecord(value)) return [];
  return Object.entries(value)
    .flatMap(([name, member]) =>
      literalsOf(member, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, depth + 1),
    )
    .slice(0, LITERALS_MAX);
}

function textLiteral(value: string, pointer: string): readonly Literal[] {
  if (value.length < SIGNIFICANT_MIN || value.length > TEXT_CHARACTERS_MAX) return [];
  if (NUMBER.test(value)) return numberLiteral(value, pointer);
  if (EMAIL.test(value)) return [{ kind: 'email', value, pointer }];
  if (URL_TEXT.test(value)) return [{ kind: 'url', value, pointer }];
  if (DATE.test(value)) return [{ kind: 'date', value, pointer }];
  if (PATH.test(value)) return [{ kind: 'path', value, pointer }];
  return ID.test(value) ? [{ kind: 'id', value, pointer }] : [];
}

function numberLiteral(value: string, pointer: string): readonly Literal[] {
  const plain = normaliseNumber(value);
  const significant = plain.replace('.', '').replace(/^0+|0+$/g, '').length;
  return significant < SIGNIFICANT_MIN ? [] : [{ kind: 'number', value, pointer }];
}
