import { expect, it } from 'vitest';
import { LOSS_KINDS, type Loss, type LossKind } from '#shared/domain/loss.ts';
import { sampleCallRecord } from '#shared/testing/sample-call-record.ts';
import { createGatewayMetrics } from './gateway-metrics.ts';

function createMetrics() {
  return createGatewayMetrics({
    spool: () => ({ bytes: 0, bytesMax: 1_000, pendingRecords: 0, dropped: 0, lostBeforeDurable: 0 }),
    isSpoolFull: () => false,
    spoolFull: 'refuse',
    policies: () => ({
      status: { source: 'none', confirmedAtMs: null, appliedAtMs: null, lastError: null },
      epoch: null,
    }),
    now: () => 0,
  });
}

it('counts losses by provider and kind, whatever else they say', async () => {
  const metrics = createMetrics();
  const kinds = Object.keys(LOSS_KINDS) as LossKind[];
  const losses = kinds.flatMap((kind) =>
    Array.from(
      { length: 10 },
      (_, index): Loss => ({ kind, pointer: `/messages/${index}`, format: `format ${index}`, detail: `${index}` }),
    ),
  );
  const often: Loss = { kind: 'dropped', pointer: '/metadata', format: 'openai-chat', detail: 'metadata', count: 5 };
  metrics.recordCall(sampleCallRecord({ call: { provider: 'vllm', losses: [...losses, often] } }).call);
  metrics.recordCall(sampleCallRecord({ call: { provider: 'vllm', losses: [] } }).call);
  const text = await metrics.registry.getSingleMetricAsString('trimtab_losses_total');
  const lines = text.split('\n').filter((line) => line.startsWith('trimtab_losses_total'));
  expect(lines).toHaveLength(kinds.length);
  expect(lines).toContain('trimtab_losses_total{provider="vllm",kind="dropped"} 15');
  expect(lines).toContain('trimtab_losses_total{provider="vllm",kind="renamed"} 10');
});

it('counts calls, tokens and cost whenever they are read, each call once', async () => {
  const metrics = createMetrics();
  const usage = {
    inputTokens: 7,
    cacheReadInputTokens: 5,
    cacheCreationInputTokens: 3,
    outputTokens: 2,
    reasoningOutputTokens: 1,
  };
  const { call } = sampleCallRecord({
    call: { provider: 'vllm', usage, costUsd: 0.25, variant: 'canary', path: 'hot' },
  });
  const failed = { ...call, status: 'upstream_error' as const, usage: null, costUsd: null };
  const model = call.attempts.at(-1)?.model ?? 'none';
  const read = async (name: string) =>
    (await metrics.registry.getSingleMetricAsString(name)).split('\n').filter((line) => line.startsWith(name));
  metrics.recordCall(failed);
  expect(await read('trimtab_tokens_total')).toEqual([]);
  metrics.recordCall(call);
  metrics.recordCall(call);
  const labels = (status: string) => `provider="vllm",model="${model}",status="${status}",variant="canary",path="hot"`;
  expect((await read('trimtab_calls_total')).sort()).toEqual([
    `trimtab_calls_total{${labels('ok')}} 2`,
    `trimtab_calls_total{${labels('upstream_error')}} 1`,
  ]);
  metrics.recordCall(call);
  expect(await read('trimtab_call_cost_usd_total')).toEqual([
    `trimtab_call_cost_usd_total{provider="vllm",model="${model}"} 0.75`,
  ]);
  expect((await read('trimtab_tokens_total')).map((line) => line.replace(/.*type=/, ''))).toEqual([
    '"input"} 21',
    '"cache_read"} 15',
    '"cache_creation"} 9',
    '"output"} 6',
  ]);
});
