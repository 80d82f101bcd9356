import { createSeededRandom } from '../seeded-random.ts';
import type { CreatePolicy } from '../world/arena-policy.ts';
import { cheapestAtBar, createCellTable, listedModels } from './cell-table.ts';

export interface UngatedSettings {
  readonly exploration: number;
  readonly keep: number;
  readonly sessionsMin: number;
}

/**
 * Trimtab's plan without its gates: the cheapest model whose recent mean is at the bar, believed after a few sessions,
 * and a slice that explores the cheapest undecided one. What the e-values are worth is what this one loses.
 */
export function ungated(settings: UngatedSettings): CreatePolicy {
  return (world, start, seed) => {
    const random = createSeededRandom(seed);
    const cells = createCellTable(world, start);
    return {
      choose({ shape, index }) {
        const row = cells[shape] ?? [];
        const models = listedModels(world, index);
        const known = models.filter((model) => (row[model]?.count ?? 0) >= settings.sessionsMin);
        const mean = (model: number) => (row[model]?.sum ?? 0) / Math.max(1e-9, row[model]?.count ?? 0);
        const served = known.length > 0 ? cheapestAtBar(world, known, index, world.bar, mean) : (models.at(-1) ?? 0);
        if (random.uniform() >= settings.exploration) return { model: served, prefix: 0 };
        const cheaper = models.filter((model) => world.price(model, index) < world.price(served, index));
        return { model: cheaper[Math.floor(random.uniform() * cheaper.length)] ?? served, prefix: 0 };
      },
      learn({ session, choice, score }) {
        const cell = cells[session.shape]?.[choice.model];
        if (score === null || cell === undefined) return;
        cell.count = cell.count * settings.keep + 1;
        cell.sum = cell.sum * settings.keep + score;
      },
    };
  };
}
