import { type PolicyBody, type PolicyRoute, WEIGHT_TOTAL } from './policy.ts';

const percent = (weight: number): string => `${((100 * weight) / WEIGHT_TOTAL).toFixed(1).replace(/\.0$/, '')} %`;

/** One line per change, in the order of the routes; null as the older body means that everything is new. */
export function describePolicyDiff(older: PolicyBody | null, newer: PolicyBody): readonly string[] {
  const lines: string[] = [];
  const before = new Map((older?.routes ?? []).map((route) => [route.id, route]));
  for (const route of newer.routes) {
    const previous = before.get(route.id);
    lines.push(...(previous === undefined ? describeRoute('+', route) : describeRouteChange(previous, route)));
    before.delete(route.id);
  }
  for (const route of before.values()) lines.push(`- route ${route.id}`);
  if (older !== null && older.safeDefault !== newer.safeDefault) {
    lines.push(`safe default: ${older.safeDefault} -> ${newer.safeDefault}`);
  }
  return lines;
}

function describeRoute(sign: '+' | '-', route: PolicyRoute): string[] {
  const match = JSON.stringify(route.match);
  const targets = route.targets.map((target) => describeTarget(target.model, target.weight, target.prefixId));
  const exploring = route.exploration.map(({ model, share }) => `${model} ${percent(share)}`);
  const explored = exploring.length === 0 ? '' : `; tries: ${exploring.join(', ')}`;
  const fallbacks = route.fallbacks.length === 0 ? '' : `; when it fails: ${route.fallbacks.join(', ')}`;
  return [`${sign} route ${route.id} ${match}: ${targets.join(', ')}${explored}${fallbacks}`];
}

function describeRouteChange(previous: PolicyRoute, route: PolicyRoute): string[] {
  const lines: string[] = [];
  const older = new Map(previous.targets.map((target) => [target.model, target]));
  for (const { model, weight, prefixId } of route.targets) {
    const was = older.get(model);
    older.delete(model);
    if (was === undefined) lines.push(`route ${route.id}: + ${describeTarget(model, weight, prefixId)}`);
    else {
      if (was.weight !== weight) lines.push(`route ${route.id}: ${model} ${percent(was.weight)} -> ${percent(weight)}`);
      if (was.prefixId !== prefixId) {
        lines.push(`route ${route.id}: ${model} prefix ${shortPrefix(was.prefixId)} -> ${shortPrefix(prefixId)}`);
      }
    }
  }
  for (const model of older.keys()) lines.push(`route ${route.id}: - ${model}`);
  for (const field of ['match', 'fallbacks', 'exploration'] as const) {
    const [was, is] = [JSON.stringify(previous[field]), JSON.stringify(route[field])];
    if (was !== is) lines.push(`route ${route.id}: ${field} ${was} -> ${is}`);
  }
  return lines;
}

function describeTarget(model: string, weight: number, prefixId: string | undefined): string {
  return `${model} ${percent(weight)}${prefixId === undefined ? '' : ` with prefix ${shortPrefix(prefixId)}`}`;
}

function shortPrefix(prefixId: string | undefined): string {
  return prefixId === undefined ? 'none' : prefixId.slice(0, 12);
}
