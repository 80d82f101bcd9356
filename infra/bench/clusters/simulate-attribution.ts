import type { AttributionCell, AttributionDimension } from '../../../services/optimizer/clustering/attribution.ts';
import type { SeededRandom } from '../../arena/seeded-random.ts';

/** What truly makes a failure more frequent: all of these values together. Nothing when it is empty. */
export type Causes = readonly AttributionDimension[];

/** A month of traffic of one failure. */
export interface AttributionWorld {
  readonly cells: readonly AttributionCell[];
  /** The guilty value of each dimension. */
  readonly guilty: Values;
}

type Values = Readonly<Record<AttributionDimension, string>>;

/** How often one value of `of` comes together with each value of `given`, by their indexes. */
type Mix = readonly (readonly number[])[];

interface Plan {
  readonly providers: number;
  readonly models: readonly { readonly name: string; readonly providers: readonly number[] }[];
  readonly shapes: number;
  readonly tools: number;
  readonly repos: number;
  readonly repoMix: Mix;
  readonly modelMix: Mix;
  readonly shapeMix: Mix;
  readonly toolMix: Mix;
}

const CALLS_MAX = 30;

/** The value of each dimension that is guilty where its dimension is: the one that comes most with the first provider. */
const GUILTY: Values = {
  ...{ provider: 'provider-0', model: 'model-0', prefix: 'prefix-0', policy: 'policy-0', turnShape: 'shape-0' },
  ...{ tool: 'tool-0', repo: 'repo-0' },
};

/**
 * Draws a world: sessions of one repo, provider, model, prefix and policy, with calls of several turn shapes and tools.
 * In a confounded world what is guilty comes more often with one provider, whose plain rate is therefore high; the
 * provider itself does nothing.
 */
export function simulateAttribution(causes: Causes, random: SeededRandom): AttributionWorld {
  const isConfounded = !causes.includes('provider');
  const plan = drawPlan(isConfounded ? causes : [], random);
  const baseRate = 0.01 + 0.05 * random.uniform();
  // Two things that must meet have to do more, or nobody would notice.
  const factor = 2.5 + 3.5 * random.uniform() + (causes.length > 1 ? 3 : 0);
  const sessions = 300 + Math.floor(random.uniform() * 1_700);
  const cells: AttributionCell[] = [];
  for (let session = 0; session < sessions; session += 1) {
    cells.push(
      ...drawSession(`session-${session}`, plan, random, (values) => {
        const isHit = causes.length > 0 && causes.every((cause) => values[cause] === GUILTY[cause]);
        return Math.min(0.9, baseRate * (isHit ? factor : 1));
      }),
    );
  }
  return { cells, guilty: GUILTY };
}

function drawPlan(confounders: Causes, random: SeededRandom): Plan {
  const count = (from: number, to: number) => from + Math.floor(random.uniform() * (to - from + 1));
  const providers = count(2, 4);
  const [shapes, tools, repos] = [count(3, 6), count(3, 8), count(3, 8)];
  const models = Array.from({ length: count(3, 6) }, (_model, index) => ({
    name: `model-${index}`,
    // Some models have one home, most have several; the first, which may be the cause, always has a second.
    providers: Array.from({ length: providers }, (_provider, at) => at).filter(
      (at) => at === index % providers || random.uniform() < 0.5 || (index === 0 && at === 1),
    ),
  }));
  const mix = (values: number, isCause: boolean) => drawMix(providers, values, isCause, random);
  return {
    ...{ providers, models, shapes, tools, repos },
    repoMix: mix(repos, confounders.includes('repo')),
    modelMix: mix(models.length, confounders.includes('model')),
    shapeMix: mix(shapes, confounders.includes('turnShape')),
    toolMix: mix(tools, confounders.includes('tool')),
  };
}

/** Weights of values per provider. The first value of a cause is four to eight times as usual on the first provider. */
function drawMix(providers: number, values: number, isCause: boolean, random: SeededRandom): Mix {
  return Array.from({ length: providers }, (_provider, provider) =>
    Array.from({ length: values }, (_value, index) => {
      const usual = 0.3 + random.uniform();
      if (!isCause || index !== 0) return usual;
      return provider === 0 ? usual * (4 + 4 * random.uniform()) : usual * 0.6;
    }),
  );
}

function drawSession(
  sessionId: string,
  plan: Plan,
  random: SeededRandom,
  rateOf: (values: Values) => number,
): readonly AttributionCell[] {
  const provider = Math.floor(random.uniform() * plan.providers);
  const served = plan.models.map((model, index) =>
    model.providers.includes(provider) ? (plan.modelMix[provider]?.[index] ?? 0) : 0,
  );
  const model = plan.models[choose(served, random)]?.name ?? '';
  const repo = `repo-${choose(plan.repoMix[provider] ?? [], random)}`;
  // Prefixes are written for a provider, as Trimtab does it; policies change with time, alike for all.
  const prefix = random.uniform() < 0.5 ? 'none' : `prefix-${provider}`;
  const policy = `policy-${random.uniform() < 0.6 ? 0 : 1}`;
  // Some sessions are troubled: calls of one session fail together.
  const trouble = random.gamma(1.5) / 1.5;
  const counts = new Map<string, AttributionCell>();
  const calls = 1 + Math.floor(random.uniform() * CALLS_MAX);
  for (let call = 0; call < calls; call += 1) {
    const turnShape = `shape-${choose(plan.shapeMix[provider] ?? [], random)}`;
    const tool = `tool-${choose(plan.toolMix[provider] ?? [], random)}`;
    const values = { provider: `provider-${provider}`, model, prefix, policy, turnShape, tool, repo };
    const key = `${turnShape} ${tool}`;
    const before = counts.get(key) ?? { sessionId, values, eligible: 0, failures: 0 };
    const isFailure = random.uniform() < rateOf(values) * trouble;
    counts.set(key, { ...before, eligible: before.eligible + 1, failures: before.failures + (isFailure ? 1 : 0) });
  }
  return [...counts.values()];
}

function choose(weights: readonly number[], random: SeededRandom): number {
  let left = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [index, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return index;
  }
  return Math.max(0, weights.length - 1);
}
