import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Language, languageOfPath } from '../../../services/evaluator/scorers/code/language.ts';
import { readDebugbench } from './debugbench-rows.ts';

export interface SourceText {
  readonly language: Language;
  readonly name: string;
  readonly text: string;
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const OWN = 'infra/bench/scoring/sources';
/** Files as agents write them: no longer than a person would leave them. */
const CHARACTERS_MAX = 30_000;
const CHARACTERS_MIN = 400;
const PER_FOLDER_MAX = 60;

/** Code of this project, of what it is built on, small programs of its own, and recorded solutions in Python. */
export function readSourceTexts(dataFolder: string): readonly SourceText[] {
  return [
    ...folder('services/evaluator', /(?<!\.test)\.ts$/),
    ...folder('shared/formats', /(?<!\.test)\.ts$/),
    ...folder('node_modules/fastify/lib', /\.js$/),
    ...folder('node_modules/undici/lib', /\.js$/),
    ...folder('node_modules', /^[\w-]+\/package\.json$/),
    ...readdirSync(join(ROOT, OWN)).map((name) => sourceText(OWN, name, name.replace(/\.txt$/, ''))),
    ...readDebugbench(dataFolder)
      .filter((_row, index) => index % 12 === 0)
      .map(({ fixed, slug }) => ({ language: 'python' as const, name: `${slug}.py`, text: fixed })),
  ].filter(({ text }) => text.length <= CHARACTERS_MAX);
}

function folder(path: string, pattern: RegExp): readonly SourceText[] {
  return readdirSync(join(ROOT, path), { recursive: true, encoding: 'utf8' })
    .filter((name) => pattern.test(name) && languageOfPath(name) !== null)
    .sort()
    .map((name) => sourceText(path, name, name))
    .filter(({ text }) => text.length >= CHARACTERS_MIN && text.length <= CHARACTERS_MAX)
    .slice(0, PER_FOLDER_MAX);
}

function sourceText(path: string, name: string, languageName: string): SourceText {
  const language = languageOfPath(languageName);
  if (language === null) throw new Error(`${name} is in no language that is parsed`);
  return { language, name, text: readFileSync(join(ROOT, path, name), 'utf8') };
}
