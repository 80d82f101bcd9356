import { COLUMNS, type Column, type TargetName } from './columns.ts';

/** The name under which a client asks for a model of a column. */
export function aliasOf(column: Column, target: TargetName): string {
  if (target === 'prefixed') return prefixedAlias(column);
  const own = column.targets[target] === undefined ? 'plain' : target;
  return `claude-${column.slug}-${own}`;
}

/** A name that is no model's, but that a route knows. */
export function prefixedAlias({ slug }: Column): string {
  return `claude-${slug}-prefixed`;
}

/** Providers and models of all columns, for a configuration whose upstreams are at `origin`. */
export function columnsConfig(origin: string): {
  readonly providers: Record<string, unknown>;
  readonly models: readonly Record<string, unknown>[];
} {
  const price = { input: 1, output: 1 };
  const entries = COLUMNS.flatMap((column) =>
    Object.entries(column.targets).map(([name, { model, settings, quirks = [] }]) => {
      const provider = `${column.slug}-${name}`;
      const baseUrl = `${origin}/${column.slug}${column.basePath}`;
      return {
        provider: [provider, { ...column.provider, baseUrl, network: 'private', quirks }] as const,
        model: { id: model, provider, aliases: [`claude-${provider}`], price, ...settings },
      };
    }),
  );
  return {
    providers: Object.fromEntries(entries.map(({ provider }) => provider)),
    models: entries.map(({ model }) => model),
  };
}
