import type { DemoStep } from './demo-scenario.ts';

/** One thing that happened, as the control API told it; every id can be asked there again. */
export interface DemoEvent {
  readonly type:
    | DemoStep
    | 'start'
    | 'switch'
    | 'reverse_canary'
    | 'canary_rolled_back'
    | 'inconclusive'
    | 'alarm_cleared'
    | 'activation'
    | 'end';
  readonly elapsedMs: number;
  readonly text: string;
  readonly clusterId?: string;
  readonly policyId?: string;
  readonly rolloutId?: string;
  readonly alarmId?: string;
  readonly epoch?: number;
  readonly details?: Readonly<Record<string, unknown>>;
}
