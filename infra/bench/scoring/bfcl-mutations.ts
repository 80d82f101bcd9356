import type { WrittenCall } from './bfcl-python.ts';
import type { BfclAnswer, BfclRow } from './bfcl-rows.ts';
import { type BfclValue, isAccepted, isDict, isList, mayBeLeftOut, PythonFloat, typeName } from './bfcl-values.ts';

/** A correct answer with one thing wrong in it. */
export interface Mutation {
  readonly kind: string;
  readonly calls: readonly WrittenCall[];
}

/** Far from every number of the keys. */
const FAR = 7_919;

/** Every single mutation of a row's answer that the key cannot accept. */
export function* mutateAnswer(row: BfclRow, calls: readonly WrittenCall[]): Generator<Mutation> {
  const [first] = calls;
  if (first === undefined) return;
  yield { kind: 'call left out', calls: calls.slice(1) };
  yield { kind: 'call made twice', calls: [...calls, first] };
  for (const [index, call] of calls.entries()) {
    const answer = row.answers[index];
    if (answer === undefined) continue;
    const replaced = (kind: string, other: WrittenCall): Mutation => ({ kind, calls: calls.with(index, other) });
    const withParameters = (parameters: Record<string, BfclValue>): WrittenCall => ({ ...call, parameters });
    yield replaced('another name', { ...call, name: `${call.name}_other` });
    yield replaced('parameter added', withParameters({ ...call.parameters, not_a_parameter: 'x' }));
    for (const [name, value] of Object.entries(call.parameters)) {
      const accepted = answer.parameters[name];
      if (!isList(accepted)) continue;
      if (!mayBeLeftOut(accepted)) {
        const { [name]: _left, ...rest } = call.parameters;
        yield replaced('parameter left out', withParameters(rest));
      }
      const mistyped = ofOtherType(value, accepted);
      if (mistyped !== undefined)
        yield replaced('another type', withParameters({ ...call.parameters, [name]: mistyped }));
      const changed = changeValue(value);
      if (changed === undefined || isTakenElsewhere(row.answers, name, changed)) continue;
      yield replaced('another value', withParameters({ ...call.parameters, [name]: changed }));
    }
  }
}

/** A value whose type no accepted value has. */
function ofOtherType(value: BfclValue, accepted: readonly BfclValue[]): BfclValue | undefined {
  const types = new Set([...accepted.map(typeName), typeName(value)]);
  const candidates: readonly BfclValue[] = [FAR, 'not this', true, ['not this'], { not: 'this' }];
  return candidates.find((candidate) => {
    const type = typeName(candidate);
    return !types.has(type) && !(type === 'int' && types.has('float'));
  });
}

function changeValue(value: BfclValue): BfclValue | undefined {
  if (typeof value === 'string') return `${value} changed`;
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value + FAR;
  if (value instanceof PythonFloat) return new PythonFloat(value.value + FAR);
  if (isList(value)) return changeList(value);
  if (isDict(value)) return { ...value, not_a_key: 'x' };
  return undefined;
}

function changeList(list: readonly BfclValue[]): BfclValue | undefined {
  const [first] = list;
  const changed = first === undefined ? undefined : changeValue(first);
  return changed === undefined ? undefined : [changed, ...list.slice(1)];
}

/** A truth value, turned round, may be just what the key accepts too. */
function isTakenElsewhere(answers: readonly BfclAnswer[], name: string, value: BfclValue): boolean {
  return answers.some(({ parameters }) => {
    const accepted = parameters[name];
    return isList(accepted) && isAccepted(value, accepted);
  });
}
