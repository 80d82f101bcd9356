import { createSeededRandom } from '../seeded-random.ts';
import type { CreatePolicy } from '../world/arena-policy.ts';
import { cheapestAtBar, createCellTable, listedModels } from './cell-table.ts';

export interface SamplerSettings {
  /** Part of what a cell knows that is left after one more session of its shape; 1 never forgets. */
  readonly keep: number;
  /** Pseudo-counts that one session is worth: a session's mean varies less than one good-or-bad draw. */
  readonly strength: number;
  /** How far under the bar a draw may be. */
  readonly margin: number;
  /** Whether `keep` is of one call, and each call is worth one pseudo-count, instead of the session. */
  readonly perCall?: boolean;
}

/** Thompson sampling of the quality per shape and model, the cheapest draw at the bar served; with or without forgetting. */
export function thompson(settings: SamplerSettings): CreatePolicy {
  return (world, start, seed) => {
    const random = createSeededRandom(seed);
    const cells = createCellTable(world, start, settings.strength);
    return {
      choose({ shape, index }) {
        const row = cells[shape] ?? [];
        const draws = row.map((cell) => random.beta(1 + cell.sum, 1 + Math.max(0, cell.count - cell.sum)));
        const models = listedModels(world, index);
        const model = cheapestAtBar(world, models, index, world.bar - settings.margin, (each) => draws[each] ?? 0);
        return { model, prefix: 0 };
      },
      learn({ session, choice, score }) {
        if (score === null) return;
        const keep = settings.perCall ? settings.keep ** session.calls : settings.keep;
        const strength = settings.perCall ? session.calls : settings.strength;
        for (const cell of cells[session.shape] ?? []) {
          cell.count *= keep;
          cell.sum *= keep;
        }
        const cell = cells[session.shape]?.[choice.model];
        if (cell === undefined) return;
        cell.count += strength;
        cell.sum += strength * score;
      },
    };
  };
}

/** Mostly the cheapest model whose mean is at the bar, else a random one. */
export function epsilonGreedy(epsilon: number): CreatePolicy {
  return (world, start, seed) => {
    const random = createSeededRandom(seed);
    const cells = createCellTable(world, start);
    return {
      choose({ shape, index }) {
        const models = listedModels(world, index);
        if (random.uniform() < epsilon) {
          return { model: models[Math.floor(random.uniform() * models.length)] ?? 0, prefix: 0 };
        }
        const mean = (model: number) => {
          const cell = cells[shape]?.[model];
          // Nobody knows: as good as the bar, so that it is tried.
          return cell === undefined || cell.count === 0 ? world.bar : cell.sum / cell.count;
        };
        return { model: cheapestAtBar(world, models, index, world.bar, mean), prefix: 0 };
      },
      learn({ session, choice, score }) {
        const cell = cells[session.shape]?.[choice.model];
        if (score === null || cell === undefined) return;
        cell.count += 1;
        cell.sum += score;
      },
    };
  };
}

/** Upper confidence bounds over the last sessions of a shape: the cheapest model that may be at the bar. */
export function slidingWindowUcb(window: number, width: number): CreatePolicy {
  return (world, start) => {
    // What was known at the start fades as the window fills with what was seen.
    const known = createCellTable(world, start);
    const seen = createCellTable(world, { warm: false });
    const last = world.shapes.map((): { model: number; score: number }[] => []);
    return {
      choose({ shape, index }) {
        const bound = (model: number) => {
          const [before, now] = [known[shape]?.[model], seen[shape]?.[model]];
          const count = (before?.count ?? 0) + (now?.count ?? 0);
          if (count < 1) return 1;
          return ((before?.sum ?? 0) + (now?.sum ?? 0)) / count + width * Math.sqrt(Math.log(window) / count);
        };
        return { model: cheapestAtBar(world, listedModels(world, index), index, world.bar, bound), prefix: 0 };
      },
      learn({ session, choice, score }) {
        const queue = last[session.shape];
        if (score === null || queue === undefined) return;
        for (const cell of known[session.shape] ?? []) {
          cell.count *= 1 - 1 / window;
          cell.sum *= 1 - 1 / window;
        }
        queue.push({ model: choice.model, score });
        add(seen[session.shape]?.[choice.model], 1, score);
        const old = queue.length > window ? queue.shift() : undefined;
        if (old !== undefined) add(seen[session.shape]?.[old.model], -1, -old.score);
      },
    };
  };
}

function add(cell: { count: number; sum: number } | undefined, count: number, sum: number): void {
  if (cell === undefined) return;
  cell.count += count;
  cell.sum += sum;
}
