/** What a drill must show, in this order. */
export const DRILL_STEPS = ['drop', 'cluster', 'weight_cut', 'recovery'] as const;
export type DrillStep = (typeof DRILL_STEPS)[number];

/** One thing that happened, as the system under drill told it. */
export interface DrillEvent {
  readonly type: DrillStep | 'start' | 'warming_up' | 'watching' | 'fault_on' | 'fault_off' | 'move' | 'end';
  readonly elapsedMs: number;
  readonly text: string;
  readonly details?: Readonly<Record<string, unknown>>;
}
