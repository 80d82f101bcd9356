import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { backendsOf, CATALOGUE } from './catalogue.ts';
import { readMeasured } from './measured.ts';
import { GUARANTEES_FILE, renderGuarantees } from './render-guarantees.ts';

const CASES = new URL('./cases/', import.meta.url);
const FAULTS = 26;

describe('docs/guarantees.md', () => {
  it('is what the last run of each row has shown, and nothing written by hand', () => {
    expect(readFileSync(GUARANTEES_FILE, 'utf8')).toBe(renderGuarantees(CATALOGUE, readMeasured()));
  });

  it('has a row for every fault of the list, and no outcome of a row that is not there', () => {
    const faults = new Set(CATALOGUE.map(({ fault }) => fault));
    expect([...faults].sort((left, right) => left - right)).toEqual(Array.from({ length: FAULTS }, (_, n) => n + 1));
    const known = CATALOGUE.flatMap((row) => backendsOf(row).map((backend) => `${row.row} ${backend}`));
    expect(new Set(known).size).toBe(known.length);
    expect(readMeasured().filter(({ row, backend }) => !known.includes(`${row} ${backend}`))).toEqual([]);
  });

  it('names only rows that a case of the suite records, and cases that have a row', () => {
    const texts = readdirSync(CASES).map((name) => readFileSync(new URL(name, CASES), 'utf8'));
    const recorded = texts.flatMap((text) => [...text.matchAll(/\brow: '([a-z-]+)'/g)].map((match) => match[1]));
    const rows = CATALOGUE.map(({ row }) => row);
    expect(recorded.length).toBeGreaterThan(10);
    expect(recorded.filter((row) => row === undefined || !rows.includes(row))).toEqual([]);
  });

  it('points to tests that are there', () => {
    const root = new URL('../../', import.meta.url);
    const missing = CATALOGUE.flatMap(({ tests }) => tests).filter(({ file, name }) => {
      const path = fileURLToPath(new URL(file, root));
      if (!existsSync(path)) return true;
      // The queue's contract stands in files of its own.
      return !file.includes('queue-') && !readFileSync(path, 'utf8').includes(name);
    });
    expect(missing).toEqual([]);
  });
});
