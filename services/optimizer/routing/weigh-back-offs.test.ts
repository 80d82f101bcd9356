import { describe, expect, it } from 'vitest';
import type { ModelStanding } from './choose-model.ts';
import { createRoutingState, isHeard, type RoutingState, UNSEEN_CELL, withCell } from './routing-state.ts';
import { weighBackOffs } from './weigh-back-offs.ts';

const SHAPE = '16k-multi-edit';
const BAR = 0.8;
const WAIT = 400;

function standing(
  model: string,
  expectedCostUsd: number,
  believed: number,
  phase: ModelStanding['phase'],
): ModelStanding {
  const unseen = { due: false, wasProven: false, roseElsewhere: false, setbacks: 1, logAbove: 0, believedError: 0.03 };
  return { ...unseen, model, phase, believed, recentSessions: 50, expectedCostUsd };
}

/** A shape some sessions after a model was found below the bar there, with a back-off of WAIT. */
function waited(sessions: number, fellTo: number, wasProven = false): RoutingState {
  const cell = {
    ...UNSEEN_CELL,
    phase: 'below' as const,
    fellTo,
    wasProven,
    setbacks: 1,
    fellAt: 100,
    resumeAt: 100 + WAIT,
  };
  const state = { ...createRoutingState(), shapes: { [SHAPE]: 100 + sessions } };
  return withCell(state, { turnShape: SHAPE, model: 'tried' }, cell);
}

function isTried(state: RoutingState, served: { readonly costUsd: number; readonly believed: number }): boolean {
  const standings = [standing('tried', 1, 0.7, 'below'), standing('served', served.costUsd, served.believed, 'proven')];
  const question = { state, turnShape: SHAPE, served: 'served', qualityBar: BAR };
  return weighBackOffs(standings, question).find((each) => each.model === 'tried')?.due === true;
}

describe('the back-off of a model that was never proven in a shape', () => {
  const dearAndShort = { costUsd: 20, believed: 0.72 };
  const cheapAndGood = { costUsd: 1.5, believed: 0.85 };

  it('is short where the served model is dear and itself short of the bar, and long where it is cheap and good', () => {
    expect(isTried(waited(WAIT / 2, 0.7), dearAndShort)).toBe(true);
    expect(isTried(waited(WAIT, 0.4), cheapAndGood)).toBe(false);
    expect(isTried(waited(WAIT * 1.3, 0.4), cheapAndGood)).toBe(false);
  });

  it('ends in any case, and is never so short that labels from before the fall would be heard', () => {
    expect(isTried(waited(WAIT * 4, 0.1), cheapAndGood)).toBe(true);
    const soon = waited(WAIT / 4 - 1, 0.72);
    expect(isTried(soon, dearAndShort)).toBe(false);
    const cell = soon.cells[SHAPE]?.['tried'];
    expect(cell !== undefined && isHeard(soon, SHAPE, cell)).toBe(false);
  });

  it('listens to every model that it has tried', () => {
    for (let sessions = 0; sessions < WAIT * 4; sessions += 10) {
      const state = waited(sessions, 0.7);
      const cell = state.cells[SHAPE]?.['tried'];
      if (cell !== undefined && isTried(state, dearAndShort)) expect(isHeard(state, SHAPE, cell)).toBe(true);
    }
  });

  it('stays as it is for one that was proven there before', () => {
    expect(isTried(waited(WAIT / 2, 0.7, true), dearAndShort)).toBe(false);
  });
});
