import * as z from 'zod';
import { barEvidenceSchema, createBarEvidence } from '../estimation/bar-evidence.ts';
import { NO_SESSIONS, recentMeanSchema } from '../estimation/recent-mean.ts';

/**
 * Where a model stands in one turn shape. `open`: nothing is decided. `proven`: at the bar. `below`: found below it, too
 * unlikely to be at it to be worth more sessions for now, or dropped by an alarm; tried again after a back-off.
 * `returning`: not proven, but what has been seen speaks for it, so that it gets weight while the proof is completed.
 */
const phaseSchema = z.enum(['open', 'proven', 'below', 'returning']);

const cellSchema = z.object({
  phase: phaseSchema,
  /** Since the phase began. */
  evidence: barEvidenceSchema,
  quality: recentMeanSchema,
  /** The same over the last few sessions. */
  latest: recentMeanSchema,
  hardFailures: recentMeanSchema,
  /** Whether it has ever been proven here. */
  wasProven: z.boolean(),
  /** Quality that it was found to have when it was last found below the bar: what it has to have left behind. */
  fellTo: z.number(),
  /** While it is tried again: log odds, from its sessions alone, that it is at the bar rather than what it fell to. */
  trial: z.number(),
  /** How often in a row it was found below the bar; each lengthens the back-off. */
  setbacks: z.int().nonnegative(),
  /** Number of the shape's session at which it was last found below the bar, or woken by what it does elsewhere. */
  fellAt: z.int().nonnegative(),
  /** The same from which it is usually tried again; how soon it really is depends on what is at stake. */
  resumeAt: z.int().nonnegative(),
});

const modelSchema = z.object({
  quality: recentMeanSchema,
  /** Sessions in a row, over all shapes, that failed hard. */
  failing: z.int().nonnegative(),
  /** Shapes of those sessions, two at most: more of them say no more. */
  failingIn: z.array(z.string()),
  /** Numbers of the sessions, over all shapes, at which it last fell in some shape, newest last. */
  falls: z.array(z.int().nonnegative()),
  /** The same of its last recovery, until it falls again. */
  rose: z.int().nonnegative().nullable(),
});

/** All that routing remembers of the sessions it has seen: plain JSON, and a fold over the sessions in their order. */
export const routingStateSchema = z.object({
  schema: z.literal(1),
  sessions: z.int().nonnegative(),
  /** Scored sessions per turn shape: the clock that back-offs run on. */
  shapes: z.record(z.string(), z.int().nonnegative()),
  /** By turn shape, then model. */
  cells: z.record(z.string(), z.record(z.string(), cellSchema)),
  models: z.record(z.string(), modelSchema),
});

export type RoutingPhase = z.infer<typeof phaseSchema>;
export type CellState = z.infer<typeof cellSchema>;
export type ModelState = z.infer<typeof modelSchema>;
export type RoutingState = z.infer<typeof routingStateSchema>;

export function createRoutingState(): RoutingState {
  return { schema: 1, sessions: 0, shapes: {}, cells: {}, models: {} };
}

export const UNSEEN_CELL: CellState = {
  phase: 'open',
  evidence: createBarEvidence(),
  quality: NO_SESSIONS,
  latest: NO_SESSIONS,
  hardFailures: NO_SESSIONS,
  wasProven: false,
  fellTo: 0,
  trial: 0,
  setbacks: 0,
  fellAt: 0,
  resumeAt: 0,
};

export const UNSEEN_MODEL: ModelState = { quality: NO_SESSIONS, failing: 0, failingIn: [], falls: [], rose: null };

export function cellOf(state: RoutingState, turnShape: string, model: string): CellState {
  return state.cells[turnShape]?.[model] ?? UNSEEN_CELL;
}

export function shapeSessions(state: RoutingState, turnShape: string): number {
  return state.shapes[turnShape] ?? 0;
}

/** Sessions of the shape in which labels from before a fall may still arrive. */
const SETTLING_SESSIONS = 30;
/** A back-off is never shorter than this part of the usual one. */
export const BACK_OFF_STRETCH_MIN = 0.25;

/**
 * Whether a model below the bar has waited long enough to be tried again.
 *
 * @param stretch back-off as a multiple of the usual one
 */
export function isDue(state: RoutingState, turnShape: string, cell: CellState, stretch = 1): boolean {
  const waited = shapeSessions(state, turnShape) - cell.fellAt;
  return isHeard(state, turnShape, cell) && waited >= stretch * (cell.resumeAt - cell.fellAt);
}

/**
 * Whether sessions of a model below the bar say what it is like now, as they do from the soonest end of its back-off; only
 * that of a model which was never proven may be cut short.
 */
export function isHeard(state: RoutingState, turnShape: string, cell: CellState): boolean {
  const wait = cell.resumeAt - cell.fellAt;
  const soonest = Math.max(SETTLING_SESSIONS, BACK_OFF_STRETCH_MIN * wait);
  const settled = cell.wasProven ? wait : Math.min(wait, soonest);
  return cell.phase === 'below' && shapeSessions(state, turnShape) >= cell.fellAt + settled;
}

/** The state with another cell in one place. */
export function withCell(
  state: RoutingState,
  at: { readonly turnShape: string; readonly model: string },
  cell: CellState,
): RoutingState {
  return {
    ...state,
    cells: { ...state.cells, [at.turnShape]: { ...state.cells[at.turnShape], [at.model]: cell } },
  };
}
