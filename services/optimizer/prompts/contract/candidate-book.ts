import { type Prompt, promptId, promptLength } from './prompt.ts';
import type { RowOutcome, ScoredRow } from './requests.ts';
import type { PromptTask } from './task.ts';

/** A prompt that was proposed, and where it came from. */
export interface Candidate {
  readonly id: string;
  /** 0 is the seed. */
  readonly index: number;
  readonly prompt: Prompt;
  readonly parents: readonly string[];
  /** The step of the algorithm that made it: `seed`, `reflect`, `merge`. */
  readonly operator: string;
  /** Why it was made, such as the critique that it answers. */
  readonly note: string;
}

export interface NewCandidate {
  readonly prompt: Prompt;
  readonly parents: readonly string[];
  readonly operator: string;
  readonly note?: string;
}

/** Mean score over rows that have one; each row counts once, with the mean of its samples. */
export interface MeanScore {
  readonly mean: number;
  readonly rows: number;
  /** Of the mean; 0 where all rows agree. */
  readonly standardError: number;
}

/** Every candidate of a search and every score that it got. It is rebuilt from a stepper's log, never stored. */
export interface CandidateBook {
  readonly seed: Candidate;
  /** In the order of their discovery, the seed first. */
  list(): readonly Candidate[];
  get(id: string): Candidate;
  /** The candidate with this prompt, new or known; null where the prompt is refused. */
  add(candidate: NewCandidate): Candidate | null;
  /** Prompts that were refused, with the reason. */
  refusals(): readonly { readonly operator: string; readonly reason: string }[];
  record(id: string, rowId: string, sample: number, outcome: RowOutcome): void;
  outcome(id: string, rowId: string, sample: number): ScoredRow | undefined;
  /** Scored answers of a row, by sample. */
  answers(id: string, rowId: string): readonly ScoredRow[];
  /** Mean over the samples of a row; null where it has none. */
  rowScore(id: string, rowId: string): number | null;
  /** Null when no row is scored. */
  mean(id: string, rowIds: readonly string[]): MeanScore | null;
  /** What candidates are ranked by: mean score on the select split less the cost of length; null without a score. */
  objective(id: string): number | null;
  /** Whether every row of the select split has a score; one whose scoring failed for good counts as had. */
  isFullyScored(id: string): boolean;
  /** Highest objective of the fully scored ones; of equals the first. The seed while there is none. */
  best(): Candidate;
}

const CHARACTERS_PER_COST = 1_000;

export function createCandidateBook(task: PromptTask): CandidateBook {
  const byId = new Map<string, Candidate>();
  const answers = new Map<string, Map<string, (ScoredRow | undefined)[]>>();
  const failed = new Set<string>();
  const refused: { operator: string; reason: string }[] = [];
  const seed = insert({ prompt: task.seed, parents: [], operator: 'seed' });
  const seedLength = promptLength(task.seed);

  function insert({ prompt, parents, operator, note = '' }: NewCandidate): Candidate {
    const id = promptId(prompt);
    const known = byId.get(id);
    if (known !== undefined) return known;
    const candidate = { id, index: byId.size, prompt, parents, operator, note };
    byId.set(id, candidate);
    answers.set(id, new Map());
    return candidate;
  }
  function get(id: string): Candidate {
    const candidate = byId.get(id);
    if (candidate === undefined) throw new RangeError(`no candidate ${id}`);
    return candidate;
  }
  const answersOf = (id: string, rowId: string) =>
    (answers.get(id)?.get(rowId) ?? []).filter((answer) => answer !== undefined);
  function rowScore(id: string, rowId: string): number | null {
    const scored = answersOf(id, rowId);
    return scored.length === 0 ? null : scored.reduce((sum, { score }) => sum + score, 0) / scored.length;
  }
  const mean = (id: string, rowIds: readonly string[]) =>
    meanOf(rowIds.map((rowId) => rowScore(id, rowId)).filter((score) => score !== null));
  // Rankings ask for these of every candidate at every step, and a candidate's change only with its own scores.
  const objectives = new Map<string, number | null>();
  const fullyScored = new Set<string>();
  function objective(id: string): number | null {
    const known = objectives.get(id);
    if (known !== undefined) return known;
    const score = mean(id, task.splits.select);
    const beyond = Math.max(0, promptLength(get(id).prompt) - seedLength);
    const value = score === null ? null : score.mean - (task.lengthCost * beyond) / CHARACTERS_PER_COST;
    objectives.set(id, value);
    return value;
  }
  function isFullyScored(id: string): boolean {
    if (fullyScored.has(id)) return true;
    const every = task.splits.select.every((rowId) => rowScore(id, rowId) !== null || failed.has(`${id} ${rowId}`));
    const full = every && mean(id, task.splits.select) !== null;
    if (full) fullyScored.add(id);
    return full;
  }
  return {
    seed,
    list: () => [...byId.values()],
    get,
    add(candidate) {
      const reason = refusalOf(task, candidate.prompt);
      if (reason === null) return insert(candidate);
      refused.push({ operator: candidate.operator, reason });
      return null;
    },
    refusals: () => refused,
    record(id, rowId, sample, outcome) {
      if (outcome.status === 'error') failed.add(`${id} ${rowId}`);
      if (outcome.status !== 'scored') return;
      const rows = answers.get(get(id).id);
      const samples = rows?.get(rowId) ?? [];
      samples[sample] = outcome;
      objectives.delete(id);
      rows?.set(rowId, samples);
    },
    outcome: (id, rowId, sample) => answers.get(id)?.get(rowId)?.[sample],
    answers: answersOf,
    rowScore,
    mean,
    objective,
    isFullyScored,
    best: () => bestOf([...byId.values()], (id) => (isFullyScored(id) ? objective(id) : null)) ?? seed,
  };
}

/** The first with the highest value; null where none has one. */
function bestOf(candidates: readonly Candidate[], rank: (id: string) => number | null): Candidate | null {
  let best: Candidate | null = null;
  let highest = Number.NEGATIVE_INFINITY;
  for (const candidate of candidates) {
    const value = rank(candidate.id);
    if (value === null || value <= highest) continue;
    best = candidate;
    highest = value;
  }
  return best;
}

/** A candidate has exactly the components of the seed, each of them short enough, and is none that may not be tried. */
function refusalOf(task: PromptTask, prompt: Prompt): string | null {
  const components = Object.keys(task.seed).sort().join('\n');
  if (Object.keys(prompt).sort().join('\n') !== components) return 'other_components';
  if (Object.values(prompt).some((text) => text.length > task.lengthMax)) return 'too_long';
  return promptId(prompt) === promptId(task.seed) ? null : task.refusal(prompt);
}

function meanOf(scores: readonly number[]): MeanScore | null {
  if (scores.length === 0) return null;
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const squares = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  const standardError = scores.length < 2 ? 0 : Math.sqrt(squares / (scores.length - 1) / scores.length);
  return { mean, rows: scores.length, standardError };
}
