import type { CheckSyntax } from '../../../services/evaluator/scorers/code/check-syntax.ts';
import { loadSyntaxChecker } from '../../../services/evaluator/syntax/load-syntax-checker.ts';
import type { Figure } from '../../arena/figure.ts';
import { proportionInterval } from '../../arena/intervals.ts';
import { createSeededRandom, type SeededRandom } from '../../arena/seeded-random.ts';
import { plantSyntaxFaults } from './plant-syntax-faults.ts';
import type { GoalResult, ScoringTable } from './scoring-report.ts';
import { readSourceTexts, type SourceText } from './source-texts.ts';

const SEED = 20_261_123;
const P95_BAR_MS = 5;
const PER_KIND = 4;
/** Programs of our own are few and stand for a language each. */
const PER_KIND_OF_FEW = 40;
const FEW = 5;
const RESAMPLES = 1_000;
const WARM_UP_TEXTS = 60;
/** The quickest of several parses of a text: what a busy machine adds is not the parser's. */
const REPEATS = 3;

/** Faults that are planted in sound texts and found by their parsers, and how long parsing takes. */
export async function syntaxGoal(dataFolder: string, { quick }: { readonly quick: boolean }): Promise<GoalResult> {
  const check = await loadSyntaxChecker();
  const texts = readSourceTexts(dataFolder);
  const sound = texts.filter(({ language, text }) => check(language, text).type === 'valid');
  const planted = plantInAll(sound, quick);
  const results = planted.map((each) => ({ ...each, isFound: check(each.language, each.text).type === 'invalid' }));
  return {
    figures: [foundFigure(results), await speedFigure(texts)],
    tables: [tableOf(texts, sound, results)],
  };
}

interface Planted {
  readonly language: SourceText['language'];
  readonly name: string;
  readonly kind: string;
  readonly text: string;
}

function plantInAll(sound: readonly SourceText[], quick: boolean): readonly Planted[] {
  const random = createSeededRandom(SEED);
  const ofLanguage = Map.groupBy(sound, ({ language }) => language);
  return sound.flatMap(({ language, name, text }) => {
    const perKind = (ofLanguage.get(language)?.length ?? 0) <= FEW ? PER_KIND_OF_FEW : PER_KIND;
    const faults = plantSyntaxFaults(language, text, random, quick ? Math.ceil(perKind / 2) : perKind);
    return faults.map((fault) => ({ language, name, ...fault }));
  });
}

function foundFigure(results: readonly { readonly isFound: boolean }[]): Figure {
  const found = results.filter(({ isFound }) => isFound).length;
  const value = found / results.length;
  const interval = proportionInterval(found, results.length);
  return { id: 'G12s', value, op: '>=', bar: 1, pass: value >= 1, n: results.length, interval };
}

/** A checker of its own remembers nothing; a blank more at the end makes a text new without changing what it says. */
async function speedFigure(texts: readonly SourceText[]): Promise<Figure> {
  const check = await loadSyntaxChecker();
  for (const { language, text } of texts.slice(0, WARM_UP_TEXTS)) check(language, text);
  const times = texts.map((text) => quickest(check, text)).sort((left, right) => left - right);
  const random = createSeededRandom(SEED);
  const drawn = Array.from({ length: RESAMPLES }, () => percentile95(resample(times, random))).sort((a, b) => a - b);
  const value = percentile95(times);
  return {
    ...{ id: 'syntax_p95_ms', value, op: '<=', bar: P95_BAR_MS, pass: value <= P95_BAR_MS, n: times.length },
    interval: [at(drawn, 0.025), at(drawn, 0.975)],
  };
}

function quickest(check: CheckSyntax, { language, text }: SourceText): number {
  const times = Array.from({ length: REPEATS }, (_none, index) => {
    const fresh = `${text}\n${' '.repeat(index)}\n`;
    const start = performance.now();
    check(language, fresh);
    return performance.now() - start;
  });
  return Math.min(...times);
}

function resample(times: readonly number[], random: SeededRandom): number[] {
  return times.map(() => times[Math.floor(random.uniform() * times.length)] ?? 0).sort((left, right) => left - right);
}

function percentile95(sorted: readonly number[]): number {
  return at(sorted, 0.95);
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

function tableOf(
  texts: readonly SourceText[],
  sound: readonly SourceText[],
  results: readonly (Planted & { readonly isFound: boolean })[],
): ScoringTable {
  const languages = [...new Set(texts.map(({ language }) => language))].sort();
  return {
    title: 'Syntax faults by language',
    columns: ['language', 'texts', 'sound texts refused', 'faults planted', 'found'],
    rows: languages.map((language) => {
      const of = <Item extends { readonly language: string }>(items: readonly Item[]) =>
        items.filter((item) => item.language === language);
      const found = of(results).filter(({ isFound }) => isFound).length;
      return [language, of(texts).length, of(texts).length - of(sound).length, of(results).length, found];
    }),
  };
}
