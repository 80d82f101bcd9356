import { contentHash } from '#shared/content-hash.ts';
import type { StoredPrice } from '#shared/database/price-store.ts';
import type { Log } from '#shared/log.ts';
import type { ModelCatalogue } from './config.ts';
import type { ModelPrice } from './emit/call-cost.ts';
import { createOutageLog } from './log-outage.ts';

/** Prices of models: the stored ones, whose version calls carry, and until they are read the configuration's own. */
export interface PriceTable {
  priceOf(model: string): ModelPrice | null;
  /** Reads the stored prices. Never throws; what is known stays. */
  refresh(): Promise<void>;
}

const VERSION_CHARACTERS = 12;

export function createPriceTable(
  deps: { readonly read: () => Promise<readonly StoredPrice[]>; readonly log: Log },
  models: ModelCatalogue,
): PriceTable {
  const outage = createOutageLog(deps.log, 'prices cannot be read; those known stay in force');
  let prices: ReadonlyMap<string, ModelPrice> = new Map(
    [...models.values()].map(({ model }) => [model.id, configuredPrice(model.price)]),
  );
  return {
    priceOf: (model) => prices.get(model) ?? null,
    async refresh() {
      try {
        const stored = await deps.read();
        const entries = stored.map(
          ({ model, priceVersion: version, ...price }) => [model, { version, ...price }] as const,
        );
        prices = new Map([...prices, ...entries]);
        outage.worked();
      } catch (error) {
        outage.failed(error);
      }
    },
  };
}

function configuredPrice(price: {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number | undefined;
  readonly cacheCreation?: number | undefined;
}): ModelPrice {
  return {
    version: `config:${contentHash(price).slice(0, VERSION_CHARACTERS)}`,
    input: price.input,
    output: price.output,
    cacheRead: price.cacheRead ?? price.input,
    cacheCreation: price.cacheCreation ?? price.input,
  };
}
