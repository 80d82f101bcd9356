import { describe, expect, it } from 'vitest';
import type { EvidenceCell, EvidenceSession } from '../evidence/evidence-cell.ts';
import { holdForDrift } from './judge-drift-hold.ts';
import { type DriftFacts, driftPeriod } from './judge-drift-period.ts';

const DAY = (day: number) => `2026-05-${String(day).padStart(2, '0')}`;
const at = (day: number) => new Date(`${DAY(day)}T03:10:00Z`);
const nights = (...disagreed: readonly number[]) =>
  disagreed.map((count, index) => ({ night: DAY(index + 1), anchors: 50, disagreed: count }));
const period = (change: Partial<DriftFacts>) =>
  driftPeriod({ alarmAt: null, disagreementMax: 0.2, nights: [], fittedAt: null, ...change });

describe('the period of a drift', () => {
  it('begins at the last quiet night before those that led to the alarm, and is open', () => {
    const found = period({ alarmAt: at(6), nights: nights(5, 6, 4, 20, 25, 24) });
    expect(found).toEqual({ since: new Date(`${DAY(3)}T00:00:00Z`), until: null });
  });

  it('is none without an alarm', () => {
    expect(period({ nights: nights(5, 40) })).toBeNull();
  });

  it('is settled by a fit since, or by three quiet nights of a judge that was never fitted, and by nothing less', () => {
    const alarm = { alarmAt: at(3), nights: nights(4, 30, 30, 4, 30, 4, 5) };
    expect(period(alarm)?.until).toBeNull();
    expect(period({ ...alarm, fittedAt: at(2) })?.until).toBeNull();
    expect(period({ ...alarm, fittedAt: at(5) })?.until).toEqual(at(5));
    const quiet = { alarmAt: at(3), nights: nights(4, 30, 30, 4, 30, 4, 5, 6, 4) };
    expect(period(quiet)?.until).toEqual(new Date(`${DAY(9)}T00:00:00Z`));
    // One that was fitted counts for nothing until it is again, however quiet.
    expect(period({ ...quiet, fittedAt: at(1) })?.until).toBeNull();
  });

  it('begins a day before the alarm where its nights are not known', () => {
    expect(period({ alarmAt: at(6) })?.since).toEqual(at(5));
  });
});

function cell(sessions: readonly Partial<EvidenceSession>[], model = 'm'): EvidenceCell {
  return {
    ...{ turnShape: '4k-none-plan', model, tokens: null },
    sessions: sessions.map((session, atMs) => ({ quality: 0.9, hardFailure: false, atMs, keyId: null, ...session })),
  };
}
const times = (count: number, session: Partial<EvidenceSession>) => Array.from({ length: count }, () => session);

describe('sessions that a judge had a say in while it was away', () => {
  const before = times(60, { qualityByRule: 0.95 });

  it('neither prove nor fell a model', () => {
    for (const quality of [0, 1]) {
      const cells = [
        cell([...before, ...times(200, { quality, qualityByRule: 0.95, heldByDrift: true })]),
        cell([{}], 'n'),
      ];
      const found = holdForDrift(cells);
      expect(found.cells[0]?.sessions).toEqual(cells[0]?.sessions.slice(0, 60));
      expect(found.cells[1]).toBe(cells[1]);
      expect(found.falls).toEqual([]);
      expect([...found.held.values()]).toEqual([200]);
    }
  });

  it('fell it by what rules say of them', () => {
    const found = holdForDrift([cell([...before, ...times(60, { qualityByRule: 0.5, heldByDrift: true })])]);
    expect(found.falls).toEqual([{ turnShape: '4k-none-plan', model: 'm', atMs: expect.any(Number) }]);
    expect(found.falls[0]?.atMs).toBeGreaterThan(60);
    expect(found.falls[0]?.atMs).toBeLessThan(80);
  });

  it('do not where nothing is known from before, or a little is lost', () => {
    const fallen = times(60, { qualityByRule: 0.5, heldByDrift: true });
    expect(holdForDrift([cell([...before.slice(0, 20), ...fallen])]).falls).toEqual([]);
    const little = times(500, { qualityByRule: 0.92, heldByDrift: true });
    expect(holdForDrift([cell([...before, ...little])]).falls).toEqual([]);
  });

  it('change nothing where there are none', () => {
    const cells = [cell(before)];
    expect(holdForDrift(cells)).toEqual({ cells, falls: [], held: new Map() });
    expect(holdForDrift(cells).cells).toBe(cells);
  });
});
