import type { FakeReply, FakeRequest } from '#shared/testing/fake-reply.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * A model that mends a bug in four turns: it reads two files in parallel, edits one, runs the test, and reports. Which
 * turn it is, it tells by the tool calls that stand in the history, as a model would. Requests without tools are the
 * client's own side questions.
 */
export function codingModel(folder: string): (request: FakeRequest) => FakeReply {
  return (request) => {
    const messages = (request.body['messages'] ?? []) as Fields[];
    const tools = (request.body['tools'] ?? []) as Fields[];
    if (tools.length === 0) return { type: 'message', text: 'A bug fix' };
    const turns = messages.filter((message) => message['role'] === 'assistant' && message['tool_calls'] !== undefined);
    switch (turns.length) {
      case 0:
        return {
          type: 'message',
          text: 'I look at the code and its test.',
          toolCalls: ['sum.mjs', 'sum.test.mjs'].map((name) => ({
            name: 'Read',
            arguments: { file_path: `${folder}/${name}` },
          })),
        };
      case 1:
        return {
          type: 'message',
          toolCalls: [
            {
              name: 'Edit',
              arguments: { file_path: `${folder}/sum.mjs`, old_string: 'left - right', new_string: 'left + right' },
            },
          ],
        };
      case 2:
        return {
          type: 'message',
          toolCalls: [
            { name: 'Bash', arguments: { command: `node --test ${folder}/sum.test.mjs`, description: 'Run the test' } },
          ],
        };
      default:
        return { type: 'message', text: /\bfail 0\b/.test(lastToolText(messages)) ? 'FIXED' : 'STILL BROKEN' };
    }
  };
}

function lastToolText(messages: readonly Fields[]): string {
  const content = messages.findLast((message) => message['role'] === 'tool')?.['content'];
  return typeof content === 'string' ? content : JSON.stringify(content ?? '');
}
