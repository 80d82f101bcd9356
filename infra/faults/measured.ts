import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

const figureSchema = z.strictObject({
  id: z.string(),
  /** Null when it never came, or is endless. */
  value: z.number().nullable(),
  op: z.enum(['<=', '>=']),
  bar: z.number(),
  n: z.int().nonnegative(),
});

const measurementSchema = z.strictObject({
  row: z.string(),
  backend: z.string(),
  verdict: z.enum(['pass', 'fail']),
  /** Tests that stand behind it. */
  tests: z.int().positive(),
  seed: z.int().nullable(),
  figures: z.array(figureSchema),
  measuredOn: z.string(),
  /** Processes that wanted a core, on average over the minute before, and cores. */
  load: z.number(),
  cores: z.int(),
});

export type MeasuredFigure = z.infer<typeof figureSchema>;
/** The outcome of one row of the catalogue on one backend. */
export type Measurement = z.infer<typeof measurementSchema>;

/** Whether a figure came, and is on the right side of its bar. */
export function meetsBar({ value, op, bar }: MeasuredFigure): boolean {
  return value !== null && (op === '<=' ? value <= bar : value >= bar);
}

/** A row passes when its tests do, and no figure misses its bar. */
export function isPassed({ verdict, figures }: Measurement): boolean {
  return verdict === 'pass' && figures.every(meetsBar);
}

const FILE = fileURLToPath(new URL('./measured.json', import.meta.url));

export function readMeasured(): readonly Measurement[] {
  return z.array(measurementSchema).parse(JSON.parse(readFileSync(FILE, 'utf8')));
}

/** Puts new outcomes in the place of the old ones of the same rows; in one order, for the sake of whoever compares. */
export function writeMeasured(news: readonly Measurement[], isKnown: (each: Measurement) => boolean): void {
  const nameOf = ({ row, backend }: Measurement) => `${row} ${backend}`;
  const all = new Map([...readMeasured(), ...news].map((each) => [nameOf(each), each]));
  const kept = [...all.values()].filter(isKnown).sort((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1));
  writeFileSync(FILE, `${JSON.stringify(kept, null, 2)}\n`);
}
