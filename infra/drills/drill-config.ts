export interface DrillAddresses {
  readonly swift: string;
  readonly grand: string;
}

/** The route of the agents. */
const DRILL_ROUTE = 'agents';

/**
 * The `trimtab.yaml` of a drill: a cheap and a dear model on two providers share the traffic, times are shortened, and
 * weights are automatic. Exploration, canary and margin are large, so that minutes show what takes days.
 */
export function drillConfig(project: string, addresses: DrillAddresses): string {
  const key = (name: string): string => `\${${name}}`;
  const config = {
    project,
    providers: {
      swift: {
        ...{ format: 'openai-chat', baseUrl: addresses.swift, network: 'private', apiKey: key('DEMO_SWIFT_API_KEY') },
      },
      grand: {
        format: 'anthropic-messages',
        ...{ baseUrl: addresses.grand, network: 'private', apiKey: key('DEMO_GRAND_API_KEY') },
      },
    },
    models: [
      { id: 'swift-2', provider: 'swift', price: { input: 2, output: 8, cacheRead: 0.2 } },
      { id: 'grand-5', provider: 'grand', price: { input: 3, output: 15, cacheRead: 3 } },
    ],
    routes: [
      {
        id: DRILL_ROUTE,
        match: { model: 'claude-*' },
        targets: [
          { model: 'swift-2', weight: 7 },
          { model: 'grand-5', weight: 3 },
        ],
        fallbacks: ['grand-5'],
      },
    ],
    governance: {
      ...{ weights: 'automatic', prefixes: 'off', exploration: 0.2, exposureMax: 0.55, weightStepMax: 0.7 },
      rollout: { canary: 0.35, minSessions: 20, minDuration: '2s', watermark: '3s' },
      session: { idle: '1s' },
      alphas: { nonInferiorityMargin: 0.1 },
      coolOff: '1s',
      changesPerDay: 1_000,
    },
    optimizer: { controllerInterval: '1s', minClusterSessions: 2 },
  };
  // JSON is YAML, and needs no second way to quote.
  return `# Written by \`trimtab drill\`: simulated providers, shortened times.\n${JSON.stringify(config, null, 2)}\n`;
}
