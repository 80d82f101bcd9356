import type { DemoKnob } from './demo-config.ts';
import type { DemoEvent } from './demo-event.ts';

const LABELS: Readonly<Record<DemoEvent['type'], string>> = {
  start: 'start',
  cluster: 'failure cluster',
  proposal: 'policy proposed',
  canary: 'canary',
  reverse_canary: 'reverse canary',
  promotion: 'promoted',
  activation: 'activated',
  switch: 'provider changes',
  alarm: 'alarm',
  alarm_cleared: 'alarm cleared',
  rollback: 'rolled back',
  canary_rolled_back: 'canary rolled back',
  inconclusive: 'inconclusive',
  end: 'end',
};
const LABEL_WIDTH = 18;

/** One line per event, for a person. */
export function narrate(event: DemoEvent): string {
  const seconds = (event.elapsedMs / 1_000).toFixed(1).padStart(6);
  const ids = [
    event.policyId === undefined ? '' : `policy ${event.policyId.slice(0, 8)}`,
    event.epoch === undefined ? '' : `epoch ${event.epoch}`,
  ].filter((id) => id !== '');
  return `${seconds}s  ${LABELS[event.type].padEnd(LABEL_WIDTH)} ${event.text}${ids.length === 0 ? '' : ` [${ids.join(', ')}]`}`;
}

/** What the demo shortens, beside what everybody else gets. */
export function describeKnobs(knobs: readonly DemoKnob[]): readonly string[] {
  const width = Math.max(...knobs.map((knob) => knob.setting.length));
  return [
    'The providers, the judge and the teacher are simulated. These settings are shortened; everything else is as in production:',
    ...knobs.map(
      ({ setting, demo, production }) => `  ${setting.padEnd(width)}  ${demo.padStart(9)}   (default ${production})`,
    ),
  ];
}

export interface DemoSummary {
  readonly sessions: number;
  readonly seconds: number;
  readonly clusters: number;
  readonly policyChanges: number;
  readonly promotions: number;
  readonly rollbacks: number;
  readonly alarms: number;
}

export function describeSummary(summary: DemoSummary): readonly string[] {
  const rows: readonly (readonly [string, number | string])[] = [
    ['agent sessions', summary.sessions],
    ['failure clusters', summary.clusters],
    ['policy changes', summary.policyChanges],
    ['promotions', summary.promotions],
    ['alarms', summary.alarms],
    ['rollbacks', summary.rollbacks],
    ['seconds', summary.seconds.toFixed(0)],
  ];
  return ['', ...rows.map(([name, value]) => `  ${name.padEnd(18)} ${String(value).padStart(6)}`)];
}
