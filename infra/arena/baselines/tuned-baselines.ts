import type { CreatePolicy } from '../world/arena-policy.ts';
import { bestOfQuality, cheapestWithCooldown, clairvoyant, tunedAtStart } from './fixed-policies.ts';
import { litellmAdaptive, paretoBandit } from './published-routers.ts';
import { epsilonGreedy, slidingWindowUcb, thompson } from './samplers.ts';
import { ungated } from './ungated.ts';

export interface Setting {
  readonly label: string;
  readonly create: CreatePolicy;
}

/** A policy with the settings that it is tried with on worlds of its own before it is measured. */
export interface Contestant {
  readonly name: string;
  readonly settings: readonly Setting[];
}

/** What a session is worth to a sampler: one draw, its number of calls, or as much as its little variance allows. */
const STRENGTHS = [1, 12, 40] as const;
const MARGINS = [0, 0.02] as const;

const only = (name: string, create: CreatePolicy): Contestant => ({ name, settings: [{ label: '', create }] });

function samplers(keeps: readonly number[]): Setting[] {
  return keeps.flatMap((keep) =>
    STRENGTHS.flatMap((strength) =>
      MARGINS.map((margin) => ({
        label: `keep ${keep}, ${strength} per session, margin ${margin}`,
        create: thompson({ keep, strength, margin }),
      })),
    ),
  );
}

/** The forgetting sampler against which regret is measured; its settings are the best of these on the tuning worlds. */
export const FORGETTING_SAMPLER = 'discounted Thompson';

/** The same with a pseudo-count for every call and what is kept of it from call to call: the usual grid. */
export const CALL_SAMPLER = 'discounted Thompson, by calls';

/** All baselines, and the clairvoyant. */
export const BASELINES: readonly Contestant[] = [
  only('clairvoyant', clairvoyant),
  only('static best of quality', bestOfQuality),
  only('static, tuned at the start', tunedAtStart),
  {
    name: 'cheapest with health cooldown',
    settings: [5, 30].map((minutes) => ({ label: `${minutes} min`, create: cheapestWithCooldown(minutes * 60_000) })),
  },
  {
    name: 'epsilon-greedy',
    settings: [0.02, 0.05, 0.1].map((epsilon) => ({ label: `epsilon ${epsilon}`, create: epsilonGreedy(epsilon) })),
  },
  { name: 'Thompson', settings: samplers([1]) },
  { name: FORGETTING_SAMPLER, settings: samplers([0.98, 0.99, 0.995, 0.998]) },
  {
    name: CALL_SAMPLER,
    settings: [0.99, 0.995, 0.998].map((keep) => ({
      label: `keep ${keep} per call`,
      create: thompson({ keep, strength: 1, margin: 0, perCall: true }),
    })),
  },
  {
    name: 'sliding-window UCB',
    settings: [50, 100, 200, 400].flatMap((window) =>
      [0.05, 0.1, 0.3].map((width) => ({
        label: `${window} sessions, width ${width}`,
        create: slidingWindowUcb(window, width),
      })),
    ),
  },
  {
    name: 'LiteLLM-adaptive replica',
    settings: [0.7, 0.9].map((weight) => ({ label: `quality ${weight}`, create: litellmAdaptive(weight) })),
  },
  {
    name: 'LinUCB with forgetting',
    settings: [0.99, 0.998].flatMap((keep) =>
      [0.05, 0.2].flatMap((width) =>
        [0.005, 0.01, 0.02].map((priceWeight) => ({
          label: `keep ${keep}, width ${width}, price ${priceWeight}`,
          create: paretoBandit({ keep, width, priceWeight }),
        })),
      ),
    ),
  },
  {
    name: 'Trimtab without gates',
    settings: [0.98, 0.99].flatMap((keep) =>
      [0.02, 0.05].map((exploration) => ({
        label: `keep ${keep}, exploration ${exploration}`,
        create: ungated({ exploration, keep, sessionsMin: 5 }),
      })),
    ),
  },
];
