import type { JudgeAgreement } from './judge-agreement.ts';

export type GateVerdict = { readonly passed: true } | { readonly passed: false; readonly reason: string };

/** Below this a judge and people agree little more than their base rates make them. */
export const KAPPA_MIN = 0.4;
/** Bad work that passes poisons what the optimizer learns; good work that fails only costs. */
export const FALSE_PASS_MAX = 0.1;
/** Labels below which no interval is worth its name. */
export const GATE_LABELS_MIN = 50;

/** Whether a version of a judge agrees with people well enough to move weights. */
export function judgeGate(agreement: JudgeAgreement): GateVerdict {
  const { n, kappa, falsePassRate } = agreement;
  if (n < GATE_LABELS_MIN) return refused(`${n} labels of at least ${GATE_LABELS_MIN}`);
  if (kappa.interval === null || falsePassRate.value === null) return refused('the labels are all alike');
  if (!(kappa.interval.low > KAPPA_MIN)) {
    return refused(`kappa may be as low as ${kappa.interval.low.toFixed(2)}, above ${KAPPA_MIN} is needed`);
  }
  if (!(falsePassRate.value < FALSE_PASS_MAX)) {
    return refused(`${(falsePassRate.value * 100).toFixed(1)} % of what people failed passes, below 10 % is needed`);
  }
  return { passed: true };
}

function refused(reason: string): GateVerdict {
  return { passed: false, reason };
}
