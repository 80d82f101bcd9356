import type { AutomationMode, Governance } from '#shared/domain/governance.ts';

/** What governance lets the optimizer do with a change of this risk; whatever is no prefix moves weights. */
export function automaticPower(governance: Governance, risk: string): AutomationMode {
  return risk === 'prefix' ? governance.prefixes : governance.weights;
}
