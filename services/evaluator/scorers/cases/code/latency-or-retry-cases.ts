import type { Call } from '#shared/domain/call.ts';
import type { ScorerCase } from '../scorer-case.ts';
import { agentCase } from './agent-session.ts';

type Attempt = Call['attempts'][number];
const attempt = (outcome: Attempt['outcome'], more: Partial<Attempt> = {}): Attempt => ({
  ...{ provider: 'vllm', model: 'qwen3-coder-30b', startedAtMs: 0, durationMs: 100, outcome },
  ...more,
});
const made = (attempts: readonly Attempt[], timeToFirstChunkMs: number | null = 400) => ({
  text: 'Done.',
  call: { attempts: [...attempts], timeToFirstChunkMs },
});
const late = { owner: 'gateway', severity: 'warning' } as const;

export const LATENCY_OR_RETRY_CASES: readonly ScorerCase[] = [
  agentCase('a second try', 'fail', made([attempt('http_error', { httpStatus: 529 }), attempt('ok')]), {
    ...late,
    expectedVsActual: 'attempts 1 -> 2 by retry',
  }),
  agentCase(
    'another provider',
    'fail',
    made([attempt('connect_error'), attempt('ok', { provider: 'openai', model: 'gpt-5-mini' })]),
    {
      ...late,
      expectedVsActual: 'attempts 1 -> 2 by failover',
    },
  ),
  agentCase('several tries', 'fail', made([attempt('cut'), attempt('cut'), attempt('ok')]), {
    ...late,
    expectedVsActual: 'attempts 1 -> 3+ by retry',
  }),
  agentCase(
    'tries that all failed',
    'fail',
    made([attempt('first_byte_timeout'), attempt('first_byte_timeout')], null),
    late,
  ),
  agentCase('a slow beginning', 'fail', made([attempt('ok')], 45_000), {
    ...late,
    expectedVsActual: 'first chunk in 30 s -> later',
  }),
  agentCase('a slow beginning by another gateway', 'fail', made([], 31_000), late),
  agentCase('the first try', 'pass', made([attempt('ok')])),
  agentCase('a beginning just in time', 'pass', made([attempt('ok')], 30_000)),
  agentCase('a failure at the first try', 'pass', made([attempt('http_error', { httpStatus: 400 })], null)),
  agentCase('a client that went away', 'pass', made([attempt('cancelled')], null)),
  agentCase('a quick answer by another gateway', 'pass', made([], 200)),
  agentCase('nothing known of attempts', 'not_applicable', { text: 'Done.' }),
  agentCase('no attempt and no time', 'not_applicable', made([], null)),
];
