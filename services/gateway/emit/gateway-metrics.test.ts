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
