import assert from 'node:assert/strict';
import type { CallRecord } from '#shared/domain/call-record.ts';
import type { TestGateway } from '../gateway-fixture.ts';
import { until } from '../gateway-fixture.ts';
import { type Answer, argumentsOf } from './answer.ts';
import { askGateway, type RawAnswer } from './ask-gateway.ts';
import type { Column } from './columns.ts';
import { aliasOf } from './columns-config.ts';
import type { ConformanceCase, Mode, Observed, Setting, Step } from './conformance-case.ts';
import { comparable, judge, streamText } from './judge.ts';
import { observe } from './observe.ts';
import type { ScriptChoice } from './script.ts';
import type { ScriptedUpstream } from './scripted-upstream.ts';

export interface RunDeps {
  readonly gateway: TestGateway;
  readonly upstream: ScriptedUpstream;
}

/** What the script of the step under way said last. */
interface Playing {
  choose: ScriptChoice | null;
  answer: Answer | null;
}

async function recordOf(gateway: TestGateway, raw: RawAnswer, isCall: boolean): Promise<CallRecord | null> {
  const callId = raw.headers['x-trimtab-call-id'];
  const find = () => gateway.records.findLast(({ call }) => call.callId === callId) ?? null;
  if (isCall) await until(() => find() !== null);
  return find();
}

function choiceOf({ script }: Step): ScriptChoice | null {
  if (script === undefined) return null;
  return typeof script === 'function' ? script : () => script;
}

async function runStep(
  deps: RunDeps,
  { client = 'anthropic-messages' }: ConformanceCase,
  step: Step,
  setting: Setting,
  playing: Playing,
): Promise<Observed> {
  const { column } = setting;
  const isAnthropicClient = client === 'anthropic-messages';
  const request = typeof step.request === 'function' ? step.request(setting) : step.request;
  playing.choose = choiceOf(step);
  playing.answer = null;
  const asked = deps.upstream.received(column.name).length;
  const times = Array.from({ length: request.times ?? 1 }, (_, number) => askGateway(request, setting, client, number));
  const raws = await Promise.all(times);
  const seen = await Promise.all(
    raws.map(async (raw) => {
      const received = deps.upstream.received(column.name).slice(asked);
      const record = await recordOf(deps.gateway, raw, received.length > 0);
      return await observe({ raw, column, isAnthropicClient, received, record, answer: playing.answer });
    }),
  );
  for (const observed of seen) {
    const refused = observed.received.find(({ complaint }) => complaint !== null);
    const mayBeRefused = step.expect === 'error' || step.expect === 'other';
    if (!mayBeRefused && refused !== undefined) {
      assert.fail(`a strict upstream refuses the request: ${refused.complaint}: ${refused.bodyText.slice(0, 600)}`);
    }
    if (step.script === undefined) assert.equal(observed.received.length, 0, 'an upstream was asked');
    await judge(observed, step.expect, isAnthropicClient);
    await step.check?.(observed, { ...setting, before: [...setting.before, ...seen] });
  }
  const [first] = seen;
  assert.ok(first !== undefined);
  return first;
}

async function runSteps(
  deps: RunDeps,
  line: ConformanceCase,
  column: Column,
  mode: Mode,
  isShredded: boolean,
): Promise<readonly Observed[]> {
  const playing: Playing = { choose: null, answer: null };
  const choose: ScriptChoice = (received, at) => {
    if (playing.choose === null) throw new Error('this step asks no upstream');
    const script = playing.choose(received, at);
    if (script.type === 'answer') playing.answer = script.answer;
    return script;
  };
  deps.upstream.set(column.name, choose, isShredded);
  const before: Observed[] = [];
  const steps = typeof line.steps === 'function' ? line.steps(column, mode) : line.steps;
  assert.ok(steps.length > 0, 'a line without a step');
  for (const step of steps) {
    const alias = aliasOf(column, line.target ?? 'plain');
    before.push(
      await runStep(deps, line, step, { column, mode, alias, before, baseUrl: deps.gateway.baseUrl }, playing),
    );
  }
  return before;
}

/** What a run of one line at one column came to; null where it holds. */
export async function runCase(
  deps: RunDeps,
  line: ConformanceCase,
  column: Column,
  mode: Mode,
): Promise<{ readonly failure: string | null; readonly observed: readonly Observed[] }> {
  try {
    const observed = await runSteps(deps, line, column, mode, false);
    if (mode === 'streamed' && line.isTimed !== true) {
      const shredded = await runSteps(deps, line, column, mode, true);
      for (const [index, step] of observed.entries()) {
        const again = shredded[index];
        assert.ok(again !== undefined);
        assert.equal(
          streamText(again.bytes),
          streamText(step.bytes),
          'cut elsewhere, the same bytes give another answer',
        );
      }
    }
    return { failure: null, observed };
  } catch (fault) {
    return { failure: fault instanceof Error ? fault.message : String(fault), observed: [] };
  }
}

/** Whether a streamed run and a whole one told the client the same; null where they did. */
export function differenceOf(streamed: readonly Observed[], whole: readonly Observed[]): string | null {
  for (const [index, one] of streamed.entries()) {
    const other = whole[index];
    if (one.message === null || other?.message === null || other === undefined) continue;
    // Of arguments that do not parse, a stream leaves it to the client what to make of them.
    if (one.answer?.parts.some((part) => part.type === 'call' && typeof argumentsOf(part) === 'string')) continue;
    if (comparable(one) !== comparable(other)) {
      return `streamed ${comparable(one)} is not the whole ${comparable(other)}`;
    }
  }
  return null;
}
