import { readFencedData } from '../../../../services/optimizer/prompts/teacher/fence-data.ts';
import { hashIndex, hashUniform } from './hash-uniform.ts';
import { factLine, readInstructions, ruleLine } from './instructions.ts';
import type { World } from './world.ts';

/** One row as a teacher's request shows it. */
interface ShownRow {
  readonly input?: string;
  readonly score?: number;
  readonly reason?: string;
}

/** An edit that the teacher could make. */
type Edit = { readonly add: string } | { readonly drop: string } | { readonly fact: string };

const LACKS = /does not follow rule ([a-z]+)/g;
const CROWDS = /rule ([a-z]+) gets in the way/g;
const COUNT = /Give exactly (\d+)/;
const OPERATOR = /^Operator: ([a-z-]+)/;
const CASE = /^Case ([a-z]+-\d+):/i;

const WORDINGS = [
  'Answer the case.',
  'Answer the case with care.',
  'Read the case, then answer it.',
  'Work through the case and answer.',
  'Give the case a good answer.',
  'Settle the case in your answer.',
];
/** Of edits that know nothing: add a rule, drop one; the rest changes words only. */
const BLIND_ADD = 0.6;
const BLIND_DROP = 0.2;

/**
 * What a teacher answers: edits as good as what it was shown. A rule that a reason or a critique names is added; of rows
 * without reasons it guesses; without either it is blind. One edit a prompt, whatever the number of reasons.
 */
export function teacherReply(world: World, user: string, nonce: number): string {
  const operator = OPERATOR.exec(user)?.[1] ?? '';
  const count = Number(COUNT.exec(user)?.[1] ?? 1);
  const draw = [world.name, user, nonce] as const;
  const rows = readRows(user);
  switch (operator) {
    case 'critique-errors':
    case 'critique-failures':
    case 'critique-successes':
      return JSON.stringify({ critiques: critiques(world, rows, count, draw) });
    case 'synthesise-examples':
      return JSON.stringify({ examples: examples(world, rows, count, draw) });
    case 'explain-examples':
      return JSON.stringify({ examples: explained(user) });
    case 'write-persona':
      return JSON.stringify({ persona: 'You are a careful clerk of the service desk.' });
    case 'infer-example-template':
      return JSON.stringify({ prompts: ['[[input]]\nAnswer: [[answer]]'] });
    default:
      return JSON.stringify({ prompts: prompts(world, user, rows, operator, count, draw) });
  }
}

function prompts(
  world: World,
  user: string,
  rows: readonly ShownRow[],
  operator: string,
  count: number,
  draw: readonly (string | number)[],
): string[] {
  const current = currentPrompt(user);
  const known = operator === 'rephrase' || operator === 'mutate' || operator === 'paraphrase';
  const edits = known ? [] : shuffled(informedEdits(world, user, rows, current, draw), draw);
  return Array.from({ length: count }, (_, index) => {
    const edit = edits[index % Math.max(1, edits.length)];
    if (operator === 'paraphrase') return reworded(current, [...draw, index]);
    return edit === undefined ? blindEdit(world, current, [...draw, index]) : applyEdit(current, edit);
  });
}

/** All edits that what is shown gives reason for. */
function informedEdits(
  world: World,
  user: string,
  rows: readonly ShownRow[],
  current: string,
  draw: readonly (string | number)[],
): Edit[] {
  const { rules } = readInstructions(current);
  const critique = readFencedData(user, 'critique');
  const fromCritique = namedEdits(typeof critique === 'string' ? critique : '', rules);
  const failing = rows.filter((row) => (row.score ?? 0) < 1);
  const fromRows = namedEdits(failing.map((row) => row.reason ?? '').join('\n'), rules);
  const named = fromCritique.length > 0 ? fromCritique : fromRows;
  if (failing.length > 0 && hashUniform(...draw, 'memorise') < world.constants.memoriseChance) {
    const [row] = shuffled(failing, [...draw, 'fact']);
    const rowId = CASE.exec(row?.input ?? '')?.[1];
    if (rowId !== undefined) return [{ fact: rowId }];
  }
  if (named.length > 0) return named;
  const reasonsShown = failing.some((row) => (row.reason ?? '') !== '');
  return failing.length > 0 && !reasonsShown ? [guess(world, failing, rules, draw)] : [];
}

function namedEdits(text: string, rules: ReadonlySet<string>): Edit[] {
  const lacking = [...text.matchAll(LACKS)].map((match) => match[1] ?? '').filter((rule) => !rules.has(rule));
  const crowding = [...text.matchAll(CROWDS)].map((match) => match[1] ?? '').filter((rule) => rules.has(rule));
  return [...[...new Set(lacking)].map((add) => ({ add })), ...[...new Set(crowding)].map((drop) => ({ drop }))];
}

/** Once in so many the rule that a visible row lacks, else any. */
function guess(
  world: World,
  rows: readonly ShownRow[],
  rules: ReadonlySet<string>,
  draw: readonly (string | number)[],
): Edit {
  const shown = rows[hashIndex(rows.length, ...draw, 'row')];
  const row = world.row(CASE.exec(shown?.input ?? '')?.[1] ?? '');
  const missing = row?.needs.filter((rule) => !rules.has(rule)) ?? [];
  const lucky = missing.length > 0 && hashUniform(...draw, 'guess') < 1 / world.constants.guessOneIn;
  const from = lucky ? missing : world.allRules;
  return { add: from[hashIndex(from.length, ...draw, 'which')] ?? '' };
}

function blindEdit(world: World, current: string, draw: readonly (string | number)[]): string {
  const uniform = hashUniform(...draw, 'blind');
  const { rules } = readInstructions(current);
  const text = reworded(current, draw);
  if (uniform < BLIND_ADD) {
    return applyEdit(text, { add: world.allRules[hashIndex(world.allRules.length, ...draw, 'add')] ?? '' });
  }
  const drop = [...rules][hashIndex(rules.size, ...draw, 'drop')];
  return uniform < BLIND_ADD + BLIND_DROP && drop !== undefined ? applyEdit(text, { drop }) : text;
}

function applyEdit(current: string, edit: Edit): string {
  if ('drop' in edit) {
    return current
      .split('\n')
      .filter((line) => !readInstructions(line).rules.has(edit.drop))
      .join('\n');
  }
  const line = 'add' in edit ? ruleLine(edit.add) : factLine(edit.fact);
  return current.includes(line) ? current : `${current}\n${line}`;
}

/** The same instructions in other words. */
function reworded(current: string, draw: readonly (string | number)[]): string {
  const [first = '', ...rest] = current.split('\n');
  const wording = WORDINGS[hashIndex(WORDINGS.length, ...draw, 'wording')] ?? first;
  return [WORDINGS.includes(first) ? wording : first, ...rest].join('\n');
}

function critiques(
  world: World,
  rows: readonly ShownRow[],
  count: number,
  draw: readonly (string | number)[],
): string[] {
  const failing = rows.filter((row) => (row.score ?? 0) < 1);
  const named = shuffled(namedEdits(failing.map((row) => row.reason ?? '').join('\n'), new Set()), draw);
  return Array.from({ length: count }, (_, index) => {
    const edit =
      named[index % Math.max(1, named.length)] ??
      (failing.length > 0 ? guess(world, failing, new Set(), [...draw, index]) : null);
    if (edit === null) return 'The prompt is clear as it is.';
    return 'add' in edit
      ? `The prompt lacks something: an answer does not follow rule ${edit.add}.`
      : 'The prompt is too long.';
  });
}

function examples(world: World, rows: readonly ShownRow[], count: number, draw: readonly (string | number)[]) {
  return Array.from({ length: count }, (_, index) => ({
    input: `A case like ${rows.length} others, number ${hashIndex(1_000, world.name, ...draw, index)}`,
    answer: 'Settled.',
    reasoning: 'The rules of the house say so.',
  }));
}

function explained(user: string) {
  const shown = readFencedData(user, 'examples');
  const list = Array.isArray(shown) ? (shown as { input?: string; answer?: string }[]) : [];
  return list.map(({ input = '', answer = '' }) => ({ input, answer, reasoning: 'The rules of the house say so.' }));
}

function currentPrompt(user: string): string {
  const current = readFencedData(user, 'current_prompt');
  if (typeof current === 'string') return current;
  const trajectory = readFencedData(user, 'trajectory');
  const last = Array.isArray(trajectory) ? (trajectory.at(-1) as { prompt?: unknown } | undefined) : undefined;
  return typeof last?.prompt === 'string' ? last.prompt : (WORDINGS[0] ?? '');
}

function readRows(user: string): readonly ShownRow[] {
  const rows = readFencedData(user, 'rows');
  return Array.isArray(rows) ? (rows as ShownRow[]) : [];
}

function shuffled<Item>(items: readonly Item[], draw: readonly (string | number)[]): Item[] {
  return items
    .map((item, index) => ({ item, order: hashUniform(...draw, 'order', index) }))
    .sort((left, right) => left.order - right.order)
    .map(({ item }) => item);
}
