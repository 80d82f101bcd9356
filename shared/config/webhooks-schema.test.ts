import { describe, expect, it } from 'vitest';
import { configSchema } from './config-schema.ts';

const parse = (text: Record<string, unknown>) => configSchema.safeParse(text);
const problemsOf = (text: Record<string, unknown>) =>
  parse(text).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe('webhooks in the configuration', () => {
  it('have an address, or are PagerDuty, which has one and needs a key', () => {
    expect(problemsOf({ webhooks: [{ name: 'ops' }] })).toEqual([
      'webhooks.0.url: a webhook of format json needs a url',
    ]);
    expect(problemsOf({ webhooks: [{ name: 'pager', format: 'pagerduty' }] })).toEqual([
      'webhooks.0.routingKey: is missing: PagerDuty takes no event without it',
    ]);
    const { data } = parse({ webhooks: [{ name: 'pager', format: 'pagerduty', routingKey: 'k' }] });
    expect(data?.webhooks[0]?.url).toBe('https://events.pagerduty.com/v2/enqueue');
  });

  it('are told apart by name, and ask for events that there are', () => {
    const ops = { name: 'ops', url: 'https://ops.example/hook' };
    expect(problemsOf({ webhooks: [ops, ops] })).toEqual(['webhooks: two webhooks have the same name']);
    expect(problemsOf({ webhooks: [{ ...ops, events: ['cluster.gone'] }] })).toHaveLength(1);
    expect(problemsOf({ webhooks: [{ ...ops, url: 'file:///etc/passwd' }] })).toHaveLength(1);
    expect(problemsOf({ webhooks: [{ ...ops, events: ['cluster.new'] }] })).toEqual([]);
  });
});

describe('clusters in the configuration', () => {
  it('need nothing, and take an endpoint with both thresholds or none', () => {
    expect(parse({}).data?.clusters).toEqual({ embedder: 'hashed', applyLargeChanges: false, naming: 'model' });
    const endpoint = { provider: 'openai', model: 'text-embedding-3-small' };
    expect(problemsOf({ clusters: { embedder: endpoint } })).toEqual([]);
    expect(problemsOf({ clusters: { embedder: { ...endpoint, attach: 0.9 } } })).toHaveLength(1);
    expect(problemsOf({ clusters: { embedder: { ...endpoint, attach: 0.7, tentative: 0.8 } } })).toHaveLength(1);
    expect(problemsOf({ clusters: { embedder: 'word2vec' } })).toHaveLength(1);
  });
});
