import { SCORERS } from '../../../services/evaluator/scorers/registry.ts';
import { matchCalls } from '../../../services/evaluator/scorers/schema/match-calls.ts';
import { validateArguments } from '../../../services/evaluator/scorers/schema/validate-arguments.ts';
import { createScoringSubject } from '../../../services/evaluator/scorers/scoring-subject.ts';
import { type DeclaredType, readJavascriptValue, readJavaValue } from './bfcl-language-values.ts';
import type { WrittenCall } from './bfcl-python.ts';
import type { BfclAnswer, BfclFunction, BfclRow } from './bfcl-rows.ts';
import { toTool } from './bfcl-schema.ts';
import {
  type BfclDict,
  type BfclValue,
  isAccepted,
  isDict,
  isList,
  mayBeLeftOut,
  PythonFloat,
  plainValue,
} from './bfcl-values.ts';

/** The checker's own families of errors, the parts of one family together. */
export type BfclFamily =
  | 'wrong_count'
  | 'cannot_find_match'
  | 'wrong_func_name'
  | 'missing_required'
  | 'unexpected_param'
  | 'missing_optional'
  | 'type_error'
  | 'value_error';

/** Null for calls that answer the question. */
export interface BfclVerdict {
  readonly family: BfclFamily;
  readonly detail: string;
}

/**
 * Judges calls by the scorers of the product first, which know the tools alone, then against the key, by optimal
 * assignment.
 *
 * @param isTyped true where the values are those of the language and not code that stands for them
 */
export function judgeBfclCalls(row: BfclRow, written: readonly WrittenCall[], isTyped = false): BfclVerdict | null {
  if (written.length !== row.answers.length) {
    return { family: 'wrong_count', detail: `${row.answers.length} expected, ${written.length} made` };
  }
  const named = written.map((call) => restoreName(row, call));
  const calls = named.map((call) => toValues(row, call, isTyped));
  const byTool = judgeByScorers(row, calls);
  const match = matchCalls(row.answers, calls, (answer, call) => {
    const detail = compareCall(row, answer, call);
    return detail === null ? null : { cost: COSTS[detail.family], detail };
  });
  const difference = match.pairs.find(({ detail }) => detail !== null)?.detail ?? null;
  const first = difference ?? byTool;
  if (first === null) return null;
  // Where several calls could be meant, or several tools, the checker says no more than that none matches.
  return row.category.startsWith('simple') ? first : { ...first, family: 'cannot_find_match' };
}

const COSTS: Readonly<Record<BfclFamily, number>> = {
  ...{ wrong_count: 9, cannot_find_match: 9, wrong_func_name: 8, missing_required: 5 },
  ...{ unexpected_param: 4, type_error: 3, missing_optional: 2, value_error: 1 },
};

/** Servers that refuse dots in names got underscores for them. */
function restoreName(row: BfclRow, call: WrittenCall): WrittenCall {
  const names = row.functions.map(({ name }) => name);
  if (names.includes(call.name)) return call;
  const meant = names.find((name) => name.replaceAll('.', '_') === call.name);
  return meant === undefined ? call : { ...call, name: meant };
}

/**
 * Code that stands for a value becomes the value, by the type that the function declares. What was no code to begin with
 * has the wrong type for a program.
 */
function toValues(row: BfclRow, call: WrittenCall, isTyped: boolean): WrittenCall {
  const read =
    row.category === 'simple_java' ? readJavaValue : row.category === 'simple_javascript' ? readJavascriptValue : null;
  if (read === null || isTyped) return call;
  const declared = functionOf(row, call.name)?.parameters['properties'];
  const parameters = Object.entries(call.parameters).map(([name, value]): [string, BfclValue] => {
    const type = declaredType(isDict(declared) ? declared[name] : undefined);
    if (typeof value !== 'string') return [name, NO_CODE];
    return [name, type === null ? value : read(value, type)];
  });
  return { ...call, parameters: Object.fromEntries(parameters) };
}

/** Of no type that any parameter declares. */
const NO_CODE: BfclValue = null;

function declaredType(declared: BfclValue | undefined): DeclaredType | null {
  if (!isDict(declared)) return null;
  const items = declared['items'];
  return { type: String(declared['type']), item: isDict(items) ? String(items['type']) : null };
}

function functionOf(row: BfclRow, name: string): BfclFunction | undefined {
  return row.functions.find((each) => each.name === name);
}

const NAME_SCORERS = SCORERS.filter(({ id }) => id === 'unknown_tool' || id === 'tool_name_mangled');

/** What the product's scorers say of the names alone; they have no key to look at. */
function judgeByScorers(row: BfclRow, calls: readonly WrittenCall[]): BfclVerdict | null {
  const content = calls.map(({ name, parameters }, index) => ({
    ...{ type: 'tool_use', id: `call_${index}`, name },
    input: plainValue(parameters),
  }));
  const subject = createScoringSubject(
    {
      call: { status: 'ok', upstreamFormat: null, losses: [] },
      request: {
        messages: [{ role: 'user', content: row.question }],
        tools: row.functions.map((each) => toTool(each)),
      },
      response: { role: 'assistant', content, stop_reason: 'tool_use' },
      upstreamRaw: null,
    },
    null,
  );
  const failed = NAME_SCORERS.map((scorer) => scorer.score(subject)).find(({ outcome }) => outcome === 'fail');
  return failed === undefined ? null : { family: 'wrong_func_name', detail: failed.detail ?? '' };
}

function compareCall(row: BfclRow, answer: BfclAnswer, call: WrittenCall): BfclVerdict | null {
  const declared = functionOf(row, answer.name);
  if (call.name !== answer.name || declared === undefined) return { family: 'wrong_func_name', detail: call.name };
  const { violations } = validateArguments(toTool(declared, answer).input_schema, plainValue(call.parameters));
  const missing = violations.find(({ kind, path }) => kind === 'missing_required' && isTop(path));
  if (missing !== undefined) return { family: 'missing_required', detail: missing.path };
  for (const [name, value] of Object.entries(call.parameters)) {
    const accepted = answer.parameters[name];
    const isUnexpected = violations.some(({ kind, path }) => kind === 'unexpected_param' && path === `/${name}`);
    if (isUnexpected || !isList(accepted)) return { family: 'unexpected_param', detail: name };
    const mismatch = violations.find(({ kind, path }) => kind === 'type_mismatch' && isOfParameter(path, name));
    if (mismatch !== undefined || hasWholeForFraction(declared, name, value, accepted))
      return { family: 'type_error', detail: name };
    if (!isAccepted(value, accepted)) return { family: 'value_error', detail: name };
  }
  const left = Object.entries(answer.parameters).find(
    ([name, accepted]) => !Object.hasOwn(call.parameters, name) && !mayBeLeftOut(accepted),
  );
  return left === undefined ? null : { family: 'missing_optional', detail: left[0] };
}

function isTop(path: string): boolean {
  return path.lastIndexOf('/') === 0;
}

/** A parameter or its items; what stands deeper is compared by value. */
function isOfParameter(path: string, name: string): boolean {
  return path === `/${name}` || (path.startsWith(`/${name}/`) && /^\d+$/.test(path.slice(name.length + 2)));
}

/** In lists, and only there, the checker takes no whole number for a fraction, unless the key has whole ones. */
function hasWholeForFraction(
  declared: BfclFunction,
  name: string,
  value: BfclValue,
  accepted: readonly BfclValue[],
): boolean {
  const properties = declared.parameters['properties'];
  const type = declaredType(isDict(properties) ? properties[name] : undefined);
  if (type?.item !== 'float' || !isList(value) || !value.some((member) => typeof member === 'number')) return false;
  return accepted.filter(isList).every((answer) => answer[0] instanceof PythonFloat);
}

/** The families of a stored error type, or null for one that is not about calls. */
export function familyOf(errorType: string): BfclFamily | 'decoder' | null {
  const [stage = '', kind = ''] = errorType.split(':');
  if (stage.endsWith('decoder')) return 'decoder';
  if (stage === 'type_error' || stage === 'value_error') return stage;
  const families: readonly string[] = Object.keys(COSTS);
  return families.includes(kind) ? (kind as BfclFamily) : null;
}

/**
 * An answer as a call: for each parameter the first value that is accepted. What the tool requires is always there, what
 * it does not declare only where the key says that it must.
 */
export function renderAnswer(row: BfclRow, answer: BfclAnswer, withOptional: boolean): WrittenCall {
  const parameters: Record<string, BfclValue> = {};
  const declared = functionOf(row, answer.name)?.parameters;
  const properties = isDict(declared?.['properties']) ? declared['properties'] : {};
  const required = isList(declared?.['required']) ? declared['required'] : [];
  for (const [name, accepted] of Object.entries(answer.parameters)) {
    if (!isList(accepted)) continue;
    const isWanted = Object.hasOwn(properties, name) && (withOptional || required.includes(name));
    if (mayBeLeftOut(accepted) && !isWanted) continue;
    const value = accepted.find((each) => each !== '');
    if (value !== undefined) parameters[name] = renderValue(value);
  }
  return { name: answer.name, parameters };
}

function renderValue(value: BfclValue): BfclValue {
  if (isList(value)) return value.map((member) => (isDict(member) ? renderDict(member) : member));
  return isDict(value) ? renderDict(value) : value;
}

function renderDict(dict: BfclDict): BfclValue {
  const members = Object.entries(dict).flatMap(([key, accepted]): [string, BfclValue][] => {
    if (isDict(accepted)) return [[key, renderDict(accepted)]];
    const value = isList(accepted) ? accepted.find((each) => each !== '') : accepted;
    return value === undefined ? [] : [[key, renderValue(value)]];
  });
  return Object.fromEntries(members);
}
