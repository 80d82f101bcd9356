import { createSeededRandom } from '../seeded-random.ts';
import type { CreatePolicy } from '../world/arena-policy.ts';
import { bestOf, createCellTable, listedModels } from './cell-table.ts';

/** Pseudo-counts of a cell before anything is seen, and the count at which LiteLLM's router stops to learn. */
const LITELLM_PRIOR = 10;
const LITELLM_CAP = 200;

/**
 * LiteLLM's adaptive router as its source has it: a Beta posterior per kind of turn and model, a draw from each, and
 * 0.7 quality + 0.3 cheapness. Cells that have seen 200 learn nothing any more.
 */
export function litellmAdaptive(qualityWeight: number): CreatePolicy {
  return (world, start, seed) => {
    const random = createSeededRandom(seed);
    const cells = createCellTable(world, start);
    return {
      choose({ shape, index }) {
        const models = listedModels(world, index);
        const top = Math.max(...models.map((model) => world.price(model, index)));
        const score = new Map(
          models.map((model) => {
            const cell = cells[shape]?.[model] ?? { count: 0, sum: 0 };
            const half = LITELLM_PRIOR / 2;
            const draw = random.beta(half + cell.sum, half + Math.max(0, cell.count - cell.sum));
            const cheapness = 1 - world.price(model, index) / top;
            return [model, qualityWeight * draw + (1 - qualityWeight) * cheapness] as const;
          }),
        );
        return { model: bestOf(models, (model) => score.get(model) ?? 0), prefix: 0 };
      },
      learn({ session, choice, score }) {
        const cell = cells[session.shape]?.[choice.model];
        if (score === null || cell === undefined || cell.count >= LITELLM_CAP) return;
        cell.count += 1;
        cell.sum += score;
      },
    };
  };
}

export interface LinUcbSettings {
  readonly keep: number;
  readonly width: number;
  /** Quality that a unit of price is worth. */
  readonly priceWeight: number;
}

/** Ridge towards the model's mean over all shapes. */
const RIDGE = 2;

/**
 * In the manner of ParetoBandit: a linear model per model over the shape (one-hot, so each shape has its own
 * coefficient, leaning on the model's mean), geometric forgetting, an upper bound, and a price on cost.
 */
export function paretoBandit(settings: LinUcbSettings): CreatePolicy {
  return (world, start) => {
    const cells = createCellTable(world, start);
    return {
      choose({ shape, index }) {
        const models = listedModels(world, index);
        const value = (model: number) => {
          const all = cells.reduce(
            (sum, row) => ({ count: sum.count + (row[model]?.count ?? 0), sum: sum.sum + (row[model]?.sum ?? 0) }),
            { count: 0.5, sum: 0.5 * world.bar },
          );
          const cell = cells[shape]?.[model] ?? { count: 0, sum: 0 };
          const estimate = (cell.sum + RIDGE * (all.sum / all.count)) / (cell.count + RIDGE);
          const bound = estimate + settings.width / Math.sqrt(cell.count + RIDGE);
          return Math.min(1, bound) - settings.priceWeight * world.price(model, index);
        };
        return { model: bestOf(models, value), prefix: 0 };
      },
      learn({ session, choice, score }) {
        if (score === null) return;
        for (const cell of cells[session.shape] ?? []) {
          cell.count *= settings.keep;
          cell.sum *= settings.keep;
        }
        const cell = cells[session.shape]?.[choice.model];
        if (cell === undefined) return;
        cell.count += 1;
        cell.sum += score;
      },
    };
  };
}
