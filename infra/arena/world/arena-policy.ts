import type { ArenaSession, PrefixTried, World } from './create-world.ts';

export interface ArenaChoice {
  readonly model: number;
  readonly prefix: PrefixTried;
  /** The part of the traffic it was drawn from, where the policy has such parts. */
  readonly variant?: string;
  /** Whether it is served only to learn of it. */
  readonly explored?: boolean;
}

/** What becomes known of a session, when its label comes. */
export interface ArenaLabel {
  readonly session: ArenaSession;
  readonly choice: ArenaChoice;
  /** Null when the label never comes. */
  readonly score: number | null;
  readonly hardFailure: boolean;
  readonly endMs: number;
}

/** Anything that routes: it sees sessions as they come, labels when they come, and time pass. */
export interface ArenaPolicy {
  choose(session: ArenaSession): ArenaChoice;
  learn(label: ArenaLabel): void;
  /** Every five minutes; `at` is the number of the next session. */
  tick?(nowMs: number, at: number): void;
  /** Share of a shape's sessions that go to a model by the policy's own rules, where it has such. */
  weight?(shape: number, model: number): number;
  /** What happened inside, for the report. */
  report?(): ArenaReport;
}

export interface ArenaReport {
  readonly policies: number;
  readonly demotions: number;
  readonly falseDemotions: number;
  readonly promotedWorse: number;
  readonly rolledBackHarmless: number;
}

export interface StartingKnowledge {
  /** Warm: the true qualities at the start are known, as from fifty sessions each. Cold: nothing is. */
  readonly warm: boolean;
}

export type CreatePolicy = (world: World, start: StartingKnowledge, seed: number) => ArenaPolicy;

/** Sessions that warm knowledge is worth. */
export const WARM_SESSIONS = 50;
