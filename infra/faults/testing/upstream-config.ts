import type { FormatName } from '#shared/formats/format.ts';

/** Where a case has put an upstream. */
export interface UpstreamPlace {
  readonly baseUrl: string;
  readonly format?: FormatName;
}

export type RoutePlan = Readonly<Record<string, readonly string[]>>;

/**
 * Of a trimtab.yaml: a provider of each name, with one model of the same name.
 *
 * @param plan models that clients ask for, and who is asked for each, in order
 */
export function upstreamConfig(
  places: Readonly<Record<string, UpstreamPlace>>,
  plan: RoutePlan,
): Readonly<Record<string, unknown>> {
  const providers = Object.entries(places).map(([name, { baseUrl, format = 'openai-chat' }]) => {
    return [name, { format, baseUrl, network: 'private', apiKey: `\${TEST_API_KEY}` }] as const;
  });
  return {
    providers: Object.fromEntries(providers),
    models: Object.keys(places).map((name) => ({ id: name, provider: name, price: { input: 1, output: 2 } })),
    routes: Object.entries(plan).map(([model, [first, ...fallbacks]]) => {
      return { id: model, match: { model }, targets: [{ model: first, weight: 1 }], fallbacks };
    }),
  };
}
