/** A number that is written with a point or an exponent: Python, and so the leaderboard, keeps it apart from a whole one. */
export class PythonFloat {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** A value as the leaderboard's checker sees it. */
export type BfclValue = string | number | boolean | null | PythonFloat | readonly BfclValue[] | BfclDict;
export interface BfclDict {
  readonly [key: string]: BfclValue;
}

/** Parses JSON and keeps 5 and 5.0 apart. */
export function parseBfclJson(text: string): BfclValue {
  return JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) => {
    if (typeof value !== 'number' || !/[.eE]/.test(context?.source ?? '')) return value;
    return new PythonFloat(value);
  }) as BfclValue;
}

/** The same as plain JSON data. */
export function plainValue(value: BfclValue): unknown {
  if (value instanceof PythonFloat) return value.value;
  if (isList(value)) return value.map(plainValue);
  if (!isDict(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plainValue(member)]));
}

export function isList(value: BfclValue | undefined): value is readonly BfclValue[] {
  return Array.isArray(value);
}

export function isDict(value: BfclValue | undefined): value is BfclDict {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof PythonFloat);
}

/** Which of the checker's types a value has. */
export function typeName(value: BfclValue): 'str' | 'int' | 'float' | 'bool' | 'list' | 'dict' | 'none' {
  if (value === null) return 'none';
  if (value instanceof PythonFloat) return 'float';
  if (isList(value)) return 'list';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'number') return 'int';
  return typeof value === 'boolean' ? 'bool' : 'dict';
}

/** Texts are compared without case, blanks and `, . / - _ * ^`, and with one kind of quote. */
export function foldText(text: string): string {
  return text
    .replace(/[ ,./\-_*^]/g, '')
    .toLowerCase()
    .replaceAll("'", '"');
}

/** Equal as Python compares, 5 and 5.0 alike, and texts folded. */
export function isSameValue(left: BfclValue, right: BfclValue): boolean {
  if (typeof left === 'string' && typeof right === 'string') return foldText(left) === foldText(right);
  if (isList(left) && isList(right)) {
    return left.length === right.length && left.every((member, index) => isSameValue(member, right[index] ?? null));
  }
  if (isDict(left) && isDict(right)) {
    const keys = Object.keys(left);
    return (
      keys.length === Object.keys(right).length &&
      keys.every((key) => Object.hasOwn(right, key) && isSameValue(left[key] ?? null, right[key] ?? null))
    );
  }
  return plainValue(left) === plainValue(right);
}

/** Whether a value is one of those that a key accepts; members of dictionaries have lists of their own. */
export function isAccepted(value: BfclValue, accepted: readonly BfclValue[]): boolean {
  return accepted.some((answer) => {
    if (isDict(value) && isDict(answer)) return isAcceptedDict(value, answer);
    if (isList(value) && isList(answer) && answer.some(isDict)) {
      return (
        value.length === answer.length &&
        value.every((member, index) => {
          const wanted = answer[index];
          return isDict(member) && isDict(wanted)
            ? isAcceptedDict(member, wanted)
            : isSameValue(member, wanted ?? null);
        })
      );
    }
    return isSameValue(value, answer);
  });
}

function isAcceptedDict(value: BfclDict, answer: BfclDict): boolean {
  const isKnown = Object.entries(value).every(([key, member]) => {
    const wanted = answer[key];
    if (wanted === undefined) return false;
    if (isDict(wanted)) return isDict(member) && isAcceptedDict(member, wanted);
    return isList(wanted) ? isAccepted(member, wanted) : isSameValue(member, wanted);
  });
  return isKnown && Object.entries(answer).every(([key, wanted]) => Object.hasOwn(value, key) || mayBeLeftOut(wanted));
}

/** An empty text among the accepted values stands for no value at all. */
export function mayBeLeftOut(accepted: BfclValue): boolean {
  return isList(accepted) && accepted.includes('');
}
