import assert from 'node:assert/strict';
import type { ConformanceCase, Step } from '../conformance-case.ts';
import { type RecordedAnswer, recordedAnswers } from '../recorded-answers.ts';
import { ask, callsOf, textOf, thinkingOf, tool } from '../requests.ts';

/** The tools that the recorded calls are of. */
const TOOLS = ['weather', 'getWeather', 'json', 'parallel'].map((name) => tool(name));

function playing({ events, expect }: RecordedAnswer): Step {
  return {
    request: ask('What is the weather in San Francisco?', { tools: TOOLS }),
    script: (_received, column) => ({ type: 'verbatim', body: events[0], frames: column.wire.replay(events) }),
    check(seen) {
      const calls = callsOf(seen).map(({ name, input }) => ({ name, input }));
      assert.equal(textOf(seen).replaceAll('|', ''), expect.text);
      assert.equal(thinkingOf(seen).replaceAll('|', ''), expect.reasoning);
      assert.deepEqual(calls, expect.toolCalls);
      assert.equal(seen.message?.stop_reason, expect.stopReason);
      assert.ok((seen.message?.usage.output_tokens ?? 0) > 0, 'no usage');
    },
  };
}

/** What real servers sent, word for word. */
export const RECORDINGS: readonly ConformanceCase[] = [
  {
    line: 'I.23',
    title: 'Recorded answers of real servers arrive as they were said',
    threads: [],
    fixture: 'recorded by the AI SDK (vercel/ai, Apache-2.0)',
    isUnpaired: true,
    steps: (column, mode) => recordedAnswers(column, mode).map(playing),
  },
];
