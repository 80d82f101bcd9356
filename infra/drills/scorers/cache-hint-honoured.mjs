/**
 * A scorer of the operator's own, as the drill `cache-hint` puts it into `scorers.d/`: where a request marks its prompt
 * for the cache and goes on from an earlier turn, the provider has read something from its cache.
 */
export default {
  id: 'drill/cache-hint-honoured',
  version: '1',
  metric: 'toolUse',
  owner: 'provider',
  // As bad as a failure, so that traffic is steered at once: what is not cached is paid for tenfold.
  severity: 'fatal',
  pass: 'call',
  definition: 'A later turn of a conversation with cache hints reads from the cache.',
  score({ call, request }) {
    const isLaterTurn = (request?.messages ?? []).some((message) => message.role === 'assistant');
    const isHinted = JSON.stringify(request?.system ?? '').includes('cache_control');
    if (!isLaterTurn || !isHinted || call.usage === null || call.usage === undefined) {
      return { outcome: 'not_applicable' };
    }
    if (call.usage.cacheReadInputTokens > 0) return { outcome: 'pass' };
    return {
      outcome: 'fail',
      evidence: [{ pointer: '/call/usage/cacheReadInputTokens', quote: '0' }],
      expectedVsActual: 'cache hint honoured -> ignored',
      detail: 'the provider read nothing from its cache',
    };
  },
};
