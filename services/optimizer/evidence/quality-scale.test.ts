import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { governanceSchema } from '#shared/domain/governance.ts';
import { createSeededRandom } from '../../../infra/arena/seeded-random.ts';
import { createBarEvidence, logAbove, updateBarEvidence } from '../estimation/bar-evidence.ts';
import type { EvidenceCell, EvidenceSession } from './evidence-cell.ts';
import { isPlain, offScale, scaleCells, scaleGovernance, scaleOf } from './quality-scale.ts';
import { weighedMean } from './weighed-mean.ts';

function cell(sessions: readonly Partial<EvidenceSession>[], model = 'm'): EvidenceCell {
  return {
    ...{ turnShape: '4k-none-plan', model, tokens: null },
    sessions: sessions.map((session, atMs) => ({ quality: 0.5, hardFailure: false, atMs, keyId: null, ...session })),
  };
}

/** Sessions of one call that passes by rule; a judge fails some, and is asked with a chance of `drawn`. */
function drawnSessions(seed: number, count: number, of: { readonly fails: number; readonly drawn: number }) {
  const random = createSeededRandom(seed);
  return Array.from({ length: count }, (): Partial<EvidenceSession> => {
    const verdict = random.uniform() < of.fails ? 0 : 1;
    if (random.uniform() >= of.drawn) return { quality: 1, sampled: null };
    const reach = 1 / of.drawn / 2;
    const sampled = { value: 1 + reach * (verdict - 1), low: 1 - reach, high: 1 };
    return { quality: Math.max(0, sampled.value), sampled };
  });
}

describe('the scale of qualities', () => {
  it('is 0 to 1, and changes nothing, where no verdict was drawn', () => {
    const cells = [cell([{ quality: 0.3 }, { quality: 0.9, sampled: null }])];
    const scale = scaleOf(cells);
    expect(isPlain(scale)).toBe(true);
    expect(scaleCells(cells, scale)).toBe(cells);
    const governance = governanceSchema.parse({ models: [] });
    expect(scaleGovernance(governance, scale)).toBe(governance);
  });

  it('brings every quality that could have come within 0 and 1, and back', () => {
    const quality = fc.double({ min: 0, max: 1, noNaN: true });
    const drawn = fc.record({ quality, reach: fc.double({ min: 0.1, max: 2.5, noNaN: true }), rule: quality });
    fc.assert(
      fc.property(fc.array(drawn, { minLength: 1 }), (rows) => {
        const cells = [
          cell(
            rows.map(({ quality: verdict, reach, rule }) => {
              const value = rule + reach * (verdict - rule);
              const sampled = { value, low: rule - reach * rule, high: rule + reach * (1 - rule) };
              return { quality: Math.min(1, Math.max(0, value)), sampled };
            }),
          ),
        ];
        const scale = scaleOf(cells);
        const scaled = scaleCells(cells, scale)[0]?.sessions ?? [];
        for (const [at, session] of scaled.entries()) {
          expect(session.quality).toBeGreaterThanOrEqual(0);
          expect(session.quality).toBeLessThanOrEqual(1);
          const value = cells[0]?.sessions[at]?.sampled?.value ?? 0;
          expect(offScale(session.quality, scale)).toBeCloseTo(Math.min(1, Math.max(0, value)), 9);
        }
      }),
    );
  });

  it('keeps the bar and its tolerance where they were among qualities', () => {
    const scale = { low: -1, high: 1 };
    const { qualityBar, alphas } = scaleGovernance(governanceSchema.parse({ models: [], qualityBar: 0.8 }), scale);
    expect(offScale(qualityBar, scale)).toBeCloseTo(0.8, 12);
    expect(offScale(qualityBar - alphas.provenTolerance, scale)).toBeCloseTo(0.77, 12);
  });

  it('leaves proofs valid with drawn verdicts, which qualities held to 0 and 1 do not', () => {
    // The call is worth 0.72 on average, under a bar of 0.77, and only a judge that is asked one time in five sees it.
    const bar = 0.77;
    const worlds = 300;
    let [proven, provenHeld] = [0, 0];
    for (let seed = 1; seed <= worlds; seed += 1) {
      const cells = [cell(drawnSessions(seed, 400, { fails: 0.56, drawn: 0.2 }))];
      const scale = scaleOf(cells);
      const onScale = (bar - scale.low) / (scale.high - scale.low);
      const evidence = (sessions: readonly { readonly quality: number }[], above: number) => {
        let state = createBarEvidence();
        for (const { quality } of sessions) {
          state = updateBarEvidence(state, quality, { above, below: above, restarts: false });
          if (logAbove(state) >= Math.log(20)) return true;
        }
        return false;
      };
      if (evidence(scaleCells(cells, scale)[0]?.sessions ?? [], onScale)) proven += 1;
      if (evidence(cells[0]?.sessions ?? [], bar)) provenHeld += 1;
    }
    expect(proven / worlds).toBeLessThanOrEqual(0.05);
    expect(provenHeld / worlds).toBeGreaterThan(0.9);
  });

  it('and lets what is clearly above the bar be proven', () => {
    const cells = [cell(drawnSessions(1, 1_500, { fails: 0.06, drawn: 0.5 }))];
    const scale = scaleOf(cells);
    const above = (0.77 - scale.low) / (scale.high - scale.low);
    let state = createBarEvidence();
    for (const { quality } of scaleCells(cells, scale)[0]?.sessions ?? []) {
      state = updateBarEvidence(state, quality, { above, below: above, restarts: false });
    }
    expect(logAbove(state)).toBeGreaterThan(Math.log(20));
  });
});

describe('a mean weighed by the chances of its sessions', () => {
  it('is that of all sessions, where routes send one kind of work to the model and hardly any of another', () => {
    const random = createSeededRandom(5);
    // Hard work gets the model one time in ten and is worth 0.4; easy work nine times of ten, and is worth 0.9.
    const sessions = Array.from({ length: 6_000 }, (_, at) => {
      const hard = at % 2 === 0;
      const propensity = hard ? 0.1 : 0.9;
      return random.uniform() < propensity ? [{ quality: hard ? 0.4 : 0.9, propensity }] : [];
    }).flat();
    const weighed = weighedMean([cell(sessions)], { turnShape: null, model: 'm' });
    expect(weighed?.value).toBeCloseTo(0.65, 1);
    expect(weighed?.low).toBeLessThan(0.65);
    expect(weighed?.high).toBeGreaterThan(0.65);
    const plain = sessions.reduce((sum, { quality }) => sum + quality, 0) / sessions.length;
    expect(plain).toBeGreaterThan(0.8);
  });

  it('is none where no chance was logged', () => {
    expect(weighedMean([cell([{ quality: 1 }, { propensity: null }])], { turnShape: null, model: 'm' })).toBeNull();
  });
});
