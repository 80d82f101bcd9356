import assert from 'node:assert/strict';
import { answer, call, text, thought } from '../answer.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { because, exempt, exemptAnthropic, only } from '../documents.ts';
import { argumentPieces, ask, assertLoss, callsOf, READ_FILE, single, step, tool } from '../requests.ts';
import { says } from '../script.ts';

const NEW_FILE = 'services/gateway/handle-call.ts';
const ASKED = ask('read two files', { tools: [READ_FILE, tool('list_files')] });
const INPUT = { path: NEW_FILE, limit: 20 };

/** Tool calls in streams. */
export const STREAMED_CALLS: readonly ConformanceCase[] = [
  single(
    '1',
    'Parallel tool calls keep separate blocks and arguments',
    ['BerriAI/litellm#15307', 'open-webui/open-webui#25963', 'andrewyng/aisuite#386'],
    step(
      ASKED,
      says(
        answer(
          [text('Both.'), call('read_file', INPUT), call('read_file', { path: 'b.ts' }), call('list_files', { a: 1 })],
          {
            deviations: ['interleaved'],
          },
        ),
      ),
      (seen) => assert.equal(callsOf(seen).length, 3),
    ),
  ),
  single(
    '2',
    'Arguments in the same event as the name are not lost',
    ['BerriAI/litellm#25321'],
    step(ASKED, says(answer([call('read_file', INPUT)], { deviations: ['arguments_with_name'] })), (seen) =>
      assert.deepEqual(callsOf(seen)[0]?.input, INPUT),
    ),
    {
      notApplicable: exempt({
        'bedrock-converse': because('contentBlockStart holds id and name of a call, no input', 'toolUseStart'),
      }),
    },
  ),
  single(
    '3',
    'Arguments that come only with the end of the call are delivered as deltas',
    ['BerriAI/litellm#25321'],
    step(ASKED, says(answer([call('read_file', INPUT)], { deviations: ['arguments_at_end'] })), (seen, { mode }) => {
      assert.deepEqual(callsOf(seen)[0]?.input, INPUT);
      if (mode === 'streamed') assert.ok(argumentPieces(seen).join('') !== '', 'no input_json_delta');
    }),
    {
      notApplicable: exemptAnthropic(because('content_block_stop holds no input', 'messagesStreaming'), {
        'openai-chat': because('no event ends a call, and none repeats its arguments', 'chatStreaming'),
        gemini: because('no event ends a call, and none repeats its arguments', 'functionCall'),
        'bedrock-converse': because('contentBlockStop holds no input', 'converseStream'),
      }),
    },
  ),
  single(
    '4',
    'input_json_delta is sent for every kind of upstream',
    ['BerriAI/litellm#29491', 'BerriAI/litellm#29286'],
    step(ASKED, says(answer([call('read_file', INPUT)])), (seen) =>
      assert.deepEqual(JSON.parse(argumentPieces(seen).join('')), INPUT),
    ),
    { modes: ['streamed'] },
  ),
  single(
    '5',
    'A call with empty arguments for a tool that requires some is told in the loss ledger',
    ['maximhq/bifrost#1354'],
    step(ASKED, says(answer([call('read_file', [])])), (seen) => {
      assert.deepEqual(callsOf(seen)[0]?.input, {});
      assertLoss(seen, /\/content\/0\/input empty arguments/);
    }),
  ),
  single(
    '6',
    'Every delta refers to a started block that is still open',
    ['BerriAI/litellm#13373'],
    step(
      ASKED,
      says(
        answer([
          thought(['First ', 'think.']),
          text('I read ', 'the file.'),
          call('read_file', INPUT),
          text('And list.'),
          call('list_files', { a: [1, 2] }),
        ]),
      ),
    ),
    { modes: ['streamed'] },
  ),
  single(
    '7',
    'A call of a tool without parameters has the input {}',
    ['microsoft/vscode-copilot-release#8040'],
    step(ASKED, says(answer([call('list_files', [])])), (seen, { mode }) => {
      assert.deepEqual(callsOf(seen)[0]?.input, {});
      if (mode === 'streamed') assert.equal(argumentPieces(seen).join(''), '{}');
    }),
  ),
  single(
    '8',
    'Arguments are delivered piece by piece, not in one',
    ['raullenchai/Rapid-MLX#826'],
    step(
      ASKED,
      says(
        answer([call('read_file', { path: NEW_FILE, note: 'x'.repeat(60) })], { deviations: ['streamed_arguments'] }),
      ),
      (seen) => assert.ok(argumentPieces(seen).length >= 3, `${argumentPieces(seen).length} deltas`),
    ),
    { modes: ['streamed'], target: 'streaming' },
  ),
  single(
    '9',
    'A plain stop together with calls is a stop_reason of tool_use',
    ['maximhq/bifrost (streamtoolstopreason6123_test.go)', 'BerriAI/litellm (test_streaming_iterator_stop_reason.py)'],
    step(ASKED, says(answer([call('read_file', INPUT)], { deviations: ['stop_with_calls'] })), (seen) =>
      assert.equal(seen.message?.stop_reason, 'tool_use'),
    ),
  ),
];

const ONLY_CHAT = only(['openai-chat'], () =>
  because('the chunks of vLLM and LM Studio are those of Chat Completions', 'vllm'),
);

/** Deviations that only servers of OpenAI's formats show. */
export const STREAMED_CALL_DEVIATIONS: readonly ConformanceCase[] = [
  single(
    '1',
    'Calls without ids of their own stay apart',
    ['open-webui/open-webui#25963'],
    step(
      ASKED,
      says(answer([call('read_file', INPUT, { id: null }), call('read_file', { path: 'b.ts' }, { id: null })])),
      (seen) => assert.equal(new Set(callsOf(seen).map(({ id }) => id)).size, 2),
    ),
  ),
  single(
    '4',
    'Calls in the chunks that vLLM and LM Studio send are delivered',
    ['BerriAI/litellm#29491'],
    step(ASKED, says(answer([call('read_file', INPUT)], { deviations: ['vllm'] })), (seen) =>
      assert.deepEqual(callsOf(seen)[0]?.input, INPUT),
    ),
    { notApplicable: ONLY_CHAT },
  ),
];
