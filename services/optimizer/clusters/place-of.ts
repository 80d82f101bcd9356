import type { ClusterAttribution } from '#shared/domain/failure-cluster.ts';

/** Share of the failures that a place must have before a title may say it. */
const FAILURE_SHARE_MIN = 0.5;
const VALUE_CHARACTERS_MAX = 60;
/** What a title says, in this order of worth. */
const SPOKEN = ['provider', 'model', 'tool', 'prefix', 'policy', 'repo'] as const;

/**
 * Where a cluster happens, as its title says it: "on provider X", and only when the failures are proven to hang on it.
 * Where nothing can tell a provider from one of its models, both are named: the title must not accuse the wrong one.
 * What holds for one kind of calls only is said of that kind.
 */
export function placeOf(attributions: readonly ClusterAttribution[]): string {
  for (const dimension of SPOKEN) {
    const found = attributions.find((each) => each.dimension === dimension && each.failureShare >= FAILURE_SHARE_MIN);
    if (found === undefined) continue;
    const alike = found.inseparableFrom.find((each) => SPOKEN.some((spoken) => spoken === each.dimension));
    const also = alike === undefined ? '' : `, or ${alike.dimension} ${shown(alike.value)}`;
    const only = found.within === null ? '' : ` (${found.within.value})`;
    return `on ${dimension} ${shown(found.value)}${also}${only}`;
  }
  return '';
}

function shown(value: string): string {
  return value.slice(0, VALUE_CHARACTERS_MAX);
}
