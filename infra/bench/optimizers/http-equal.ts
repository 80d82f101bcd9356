import { PROMPT_OPTIMIZERS } from '../../../services/optimizer/prompts/registry.ts';
import { proportionInterval } from '../../arena/intervals.ts';
import type { WrittenFigure } from '../scoring/scoring-report.ts';
import { inProcess } from './landscapes/mock-models.ts';
import { measureSearch } from './measure-search.ts';
import { writtenFigure } from './median-figure.ts';
import { httpChat, openMockServer } from './mock-server.ts';

const BUDGET = 200;

/** Share of searches over real HTTP whose result is that of the function in this process, one for each optimizer. */
export async function httpFigures(): Promise<WrittenFigure[]> {
  const server = await openMockServer(0);
  try {
    let equal = 0;
    for (const optimizer of PROMPT_OPTIMIZERS) {
      const world = { landscape: 'L6', constants: 'frozen', seed: 3, noise: 0.15 } as const;
      const here = await measureSearch({ world, optimizer, budget: BUDGET, chat: inProcess });
      const there = await measureSearch({ world, optimizer, budget: BUDGET, chat: httpChat(server.url) });
      if (JSON.stringify(here.result) === JSON.stringify(there.result)) equal += 1;
      else console.error(`not equal over HTTP: ${optimizer.name}`);
    }
    const searches = PROMPT_OPTIMIZERS.length;
    const interval = proportionInterval(equal, searches);
    return [writtenFigure({ id: 'http_equal', value: equal / searches, op: '>=', bar: 1, n: searches, interval })];
  } finally {
    await server.close();
  }
}
