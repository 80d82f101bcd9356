import { Counter, Gauge, type Registry } from 'prom-client';
import type { ControllerReport } from './controller.ts';

export interface OptimizerMetrics {
  looked(report: ControllerReport): void;
  ran(outcome: 'done' | 'waiting' | 'failed'): void;
}

/** What a dashboard needs to see that the optimizer works, and what it decides. */
export function createOptimizerMetrics(registry: Registry, now: () => number): OptimizerMetrics {
  const registers = [registry];
  const lastLook = new Gauge({
    name: 'trimtab_optimizer_last_look_seconds',
    help: 'Unix time of the last look of the controller',
    registers,
  });
  const failedParts = new Counter({
    name: 'trimtab_optimizer_failed_parts_total',
    help: 'Parts of looks that failed and are tried again',
    labelNames: ['part'],
    registers,
  });
  const failures = new Counter({
    name: 'trimtab_failures_recorded_total',
    help: 'Failing scores taken into failure templates',
    registers,
  });
  const clusters = new Counter({ name: 'trimtab_clusters_opened_total', help: 'Failure clusters opened', registers });
  const decisions = new Counter({
    name: 'trimtab_rollout_decisions_total',
    help: 'Rollouts ended by the analysis',
    labelNames: ['decision'],
    registers,
  });
  const alarms = new Gauge({ name: 'trimtab_alarms_watching', help: 'Watched cells of the stable policy', registers });
  const raised = new Counter({
    name: 'trimtab_alarm_answers_total',
    help: 'Answers to alarms',
    labelNames: ['answer'],
    registers,
  });
  const runs = new Counter({
    name: 'trimtab_optimizer_runs_total',
    help: 'Cycles by outcome; waiting ones are taken up again',
    labelNames: ['outcome'],
    registers,
  });
  return {
    looked(report) {
      lastLook.set(now() / 1_000);
      for (const part of ['clustering', 'rollout', 'alarms'] as const) {
        if (report[part] === null) failedParts.inc({ part });
      }
      failures.inc(report.clustering?.recorded ?? 0);
      clusters.inc(report.clustering?.opened ?? 0);
      if (report.rollout?.type === 'ended') decisions.inc({ decision: report.rollout.decision });
      if (report.alarms !== null) alarms.set(report.alarms.watched);
      for (const alarm of report.alarms?.raised ?? []) raised.inc({ answer: alarm.answer.split(':')[0] ?? '' });
    },
    ran: (outcome) => runs.inc({ outcome }),
  };
}
