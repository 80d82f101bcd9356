import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BfclDict, type BfclValue, isDict, isList, parseBfclJson } from './bfcl-values.ts';

/** The categories whose calls are compared as syntax trees, by the names of their files. */
export const AST_CATEGORIES = [
  'simple_python',
  'multiple',
  'parallel',
  'parallel_multiple',
  'simple_java',
  'simple_javascript',
] as const;
export type AstCategory = (typeof AST_CATEGORIES)[number];

export interface BfclFunction {
  readonly name: string;
  readonly description: string;
  readonly parameters: BfclDict;
}

/** One expected call: for each parameter the values that are accepted. */
export interface BfclAnswer {
  readonly name: string;
  readonly parameters: BfclDict;
}

export interface BfclRow {
  readonly id: string;
  readonly category: AstCategory | 'irrelevance';
  readonly question: string;
  readonly functions: readonly BfclFunction[];
  /** Empty for a question that no tool answers. */
  readonly answers: readonly BfclAnswer[];
}

/** All rows of a category with their keys; rows without a key have no answers. */
export function readBfclRows(dataFolder: string, category: BfclRow['category']): readonly BfclRow[] {
  const folder = join(dataFolder, 'bfcl');
  const file = `BFCL_v4_${category}.json`;
  const keys = category === 'irrelevance' ? [] : readLines(join(folder, 'possible_answer', file));
  const answers = new Map(keys.map((key) => [String(key['id']), answersOf(key['ground_truth'])]));
  return readLines(join(folder, file)).map((row) => ({
    id: String(row['id']),
    category,
    question: questionOf(row['question']),
    functions: (isList(row['function']) ? row['function'] : []).filter(isDict).map(functionOf),
    answers: answers.get(String(row['id'])) ?? [],
  }));
}

function readLines(path: string): readonly BfclDict[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line.trim() !== '').map((line) => parseBfclJson(line) as BfclDict);
}

function functionOf(given: BfclDict): BfclFunction {
  const parameters = isDict(given['parameters']) ? given['parameters'] : {};
  return { name: String(given['name']), description: String(given['description'] ?? ''), parameters };
}

function answersOf(truth: BfclValue | undefined): readonly BfclAnswer[] {
  return (isList(truth) ? truth : [])
    .filter(isDict)
    .flatMap((call) =>
      Object.entries(call).map(([name, parameters]) => ({ name, parameters: isDict(parameters) ? parameters : {} })),
    );
}

function questionOf(question: BfclValue | undefined): string {
  const [turn] = isList(question) ? question : [];
  const messages = isList(turn) ? turn.filter(isDict) : [];
  return messages.map((message) => String(message['content'] ?? '')).join('\n');
}
