export const INCUMBENT = 'swift-1';
export const CANDIDATE = 'swift-2';
/** As many sessions are the control. */
export const CANARY_SHARE = 0.35;

/**
 * The `trimtab.yaml` of the bench. Error rates, tolerance and margins are production's; shares are large and times are
 * short, so that minutes show what takes hours.
 */
export function regressionConfig(addresses: { readonly provider: string; readonly judge: string }): unknown {
  const common = { format: 'openai-chat', network: 'private', apiKey: `\${TEST_API_KEY}` };
  const price = { input: 0.2, output: 0.8 };
  return {
    providers: {
      swift: { ...common, baseUrl: addresses.provider },
      judge: { ...common, baseUrl: addresses.judge },
    },
    models: [
      { id: INCUMBENT, provider: 'swift', price },
      { id: CANDIDATE, provider: 'swift', price },
    ],
    routes: [{ id: 'agents', match: { model: 'claude-*' }, targets: [{ model: INCUMBENT, weight: 1 }] }],
    judges: [{ provider: 'judge', model: 'judge-1', price, dailyBudgetUsd: 100, trust: 'always' }],
    governance: {
      ...{ weights: 'automatic', prefixes: 'off', exploration: 0, exposureMax: 2 * CANARY_SHARE },
      rollout: { canary: CANARY_SHARE, minSessions: 20, minDuration: '2s', watermark: '10s' },
      session: { idle: '1s' },
    },
    optimizer: { controllerInterval: '1s' },
  };
}
