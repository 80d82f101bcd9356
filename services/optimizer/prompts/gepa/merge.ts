import type { Candidate } from '../contract/candidate-book.ts';
import type { Prompt } from '../contract/prompt.ts';
import type { SearchContext, Steps } from '../contract/search-context.ts';
import { componentsOf } from '../moves/component-text.ts';
import type { GepaOptions } from './gepa-options.ts';
import { mergeTexts } from './merge-texts.ts';
import { frontCounts, paretoFronts, withoutDominated } from './pareto-archive.ts';
import { archiveOf } from './select-candidate.ts';

/** Draws of a pair before a merge is given up, as published. */
const DRAWS_MAX = 10;

export interface MergePlan {
  readonly first: Candidate;
  readonly second: Candidate;
  readonly prompt: Prompt;
}

/**
 * Two candidates of the Pareto fronts, neither an ancestor of the other, with a common ancestor that is no better than
 * either, and what becomes of them together. Null when there is no such pair, or nothing new in it.
 */
export function planMerge(context: SearchContext<GepaOptions>, tried: ReadonlySet<string>): MergePlan | null {
  const members = archiveOf(context);
  const byIndex = context.book.list();
  const ids = [...frontCounts(withoutDominated(paretoFronts(members), members)).keys()];
  const random = context.random('merge');
  for (let draw = 0; draw < DRAWS_MAX && ids.length > 1; draw += 1) {
    const [one, other] = random.sample(ids, 2).map((index) => byIndex[index]);
    if (one === undefined || other === undefined) return null;
    const [first, second] = one.index < other.index ? [one, other] : [other, one];
    if (tried.has(pairKey(first, second))) continue;
    const ancestor = drawAncestor(context, first, second);
    if (ancestor === null) continue;
    const prompt = mergePrompts(context, ancestor, first, second);
    if (prompt !== null) return { first, second, prompt };
  }
  return null;
}

export function pairKey(first: Candidate, second: Candidate): string {
  return `${first.index} ${second.index}`;
}

/**
 * Up to five rows of the select split: a third on which the first is better, a third on which the second is, and the
 * rest where they tie. Null when they share fewer scored rows than the floor.
 */
export function mergeRows(context: SearchContext<GepaOptions>, { first, second }: MergePlan): readonly string[] | null {
  const { book, task, options } = context;
  const random = context.random('merge');
  const lead = (rowId: string) => (book.rowScore(first.id, rowId) ?? 0) - (book.rowScore(second.id, rowId) ?? 0);
  const shared = task.splits.select.filter(
    (rowId) => book.rowScore(first.id, rowId) !== null && book.rowScore(second.id, rowId) !== null,
  );
  if (shared.length < options.mergeValOverlapFloor) return null;
  const third = Math.ceil(options.mergeValOverlapFloor / 3);
  const groups = [
    shared.filter((id) => lead(id) > 0),
    shared.filter((id) => lead(id) < 0),
    shared.filter((id) => lead(id) === 0),
  ];
  const drawn = groups.flatMap((group) => random.sample(group, third));
  const rest = shared.filter((rowId) => !drawn.includes(rowId));
  return [...drawn, ...random.sample(rest, options.mergeValOverlapFloor)].slice(0, options.mergeValOverlapFloor);
}

/** Tries one merge: null when none could be planned, else whether the child was as good as both. */
export function* tryMerge(
  context: SearchContext<GepaOptions>,
  tried: Set<string>,
): Steps<{ readonly accepted: Candidate | null } | null> {
  const plan = planMerge(context, tried);
  if (plan === null) return null;
  tried.add(pairKey(plan.first, plan.second));
  const rows = mergeRows(context, plan);
  const parents = [plan.first.id, plan.second.id];
  const child = context.book.add({ prompt: plan.prompt, parents, operator: 'merge' });
  if (rows === null || child === null) return { accepted: null };
  const ask = { candidateId: child.id, rowIds: rows, purpose: 'minibatch' as const };
  if (context.costOf([ask]) > context.left().taskCalls) return { accepted: null };
  yield* context.evaluate([ask]);
  const sum = (id: string) => rows.reduce((total, rowId) => total + (context.book.rowScore(id, rowId) ?? 0), 0);
  const asGood = sum(child.id) >= Math.max(...parents.map(sum));
  return { accepted: asGood ? child : null };
}

function drawAncestor(context: SearchContext<GepaOptions>, first: Candidate, second: Candidate): Candidate | null {
  const { book } = context;
  const [ofFirst, ofSecond] = [ancestorsOf(context, first), ancestorsOf(context, second)];
  if (ofFirst.has(second.id) || ofSecond.has(first.id)) return null;
  const value = (id: string) => book.mean(id, context.task.splits.select)?.mean ?? null;
  const [own, other] = [value(first.id) ?? 0, value(second.id) ?? 0];
  const common = [...ofFirst].filter((id) => {
    const score = value(id);
    return ofSecond.has(id) && book.isFullyScored(id) && score !== null && score <= Math.min(own, other);
  });
  if (common.length === 0) return null;
  const at = context.random('merge').weighted(common.map((id) => value(id) ?? 0));
  return book.get(common[at] ?? '');
}

function ancestorsOf({ book }: Pick<SearchContext<unknown>, 'book'>, candidate: Candidate): Set<string> {
  const found = new Set<string>();
  const open = [...candidate.parents];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    open.push(...book.get(id).parents);
  }
  return found;
}

/** For each component the side that changed it; where both did, their lines joined. Null when one of the two is all of it. */
function mergePrompts(
  { book, task }: SearchContext<GepaOptions>,
  ancestor: Candidate,
  first: Candidate,
  second: Candidate,
): Prompt | null {
  const better =
    (book.mean(first.id, task.splits.select)?.mean ?? 0) >= (book.mean(second.id, task.splits.select)?.mean ?? 0);
  const merged = componentsOf(ancestor.prompt).map((component) => {
    const [base, one, other] = [ancestor, first, second].map(({ prompt }) => prompt[component] ?? '');
    if (base === undefined || one === undefined || other === undefined) return [component, ''] as const;
    const text = one === base ? other : other === base ? one : (mergeTexts(base, one, other) ?? (better ? one : other));
    return [component, text] as const;
  });
  const prompt = Object.fromEntries(merged);
  const same = (candidate: Candidate) => merged.every(([component, text]) => candidate.prompt[component] === text);
  return same(first) || same(second) || same(ancestor) ? null : prompt;
}
