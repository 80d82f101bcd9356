// A gateway of another maker: all that it knows of Trimtab is the published client.
//   node foreign-producer.mjs <redis url> <queue> <control url> <token>
import { createQueueHook, followPolicies } from '../../integrations/queue-hook/queue-hook.mjs';

const [, , redisUrl, queue, controlUrl, token] = process.argv;
const { hostname, port } = new URL(redisUrl);
const hook = createQueueHook({ connection: { host: hostname, port: Number(port), maxRetriesPerRequest: null }, queue });
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

/** A model that calls a tool nobody offered. */
const answer = (index) => ({
  id: `chatcmpl-${index}`,
  object: 'chat.completion',
  created: 1_790_000_000 + index,
  model: 'swift-1',
  choices: [
    {
      index: 0,
      finish_reason: 'tool_calls',
      message: {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: `call_${index}`, type: 'function', function: { name: 'launch_rocket', arguments: '{}' } }],
      },
    },
  ],
  usage: { prompt_tokens: 40, completion_tokens: 9, total_tokens: 49 },
});
const request = (index) => ({
  model: 'claude-sonnet-5',
  // A NUL and half of a surrogate pair, as tools print them: no store may stumble over them.
  messages: [{ role: 'user', content: `Read file ${index}. \u0000 \ud800 ✓` }],
  tools: [
    {
      type: 'function',
      function: { name: 'read_file', parameters: { type: 'object', properties: { path: { type: 'string' } } } },
    },
  ],
});

for (let index = 0; index < 4; index += 1) {
  const record = {
    startedAt: Date.now() - 500,
    durationMs: 500,
    sessionId: `foreign-${index}`,
    clientFormat: 'openai-chat',
    upstreamFormat: 'openai-chat',
    provider: 'swift',
    model: 'swift-1',
    request: request(index),
    response: answer(index),
  };
  hook.emit(`foreign call ${index}`, record);
  // Delivered twice, as queues do.
  hook.emit(`foreign call ${index}`, record);
}
const policies = followPolicies({
  url: controlUrl,
  token,
  onChange: (active) =>
    say({ epoch: active.epoch, routes: active.stable.body.routes, prefixes: active.prefixes ?? null }),
  onError: (error) => say({ error: error.message }),
});
process.once('SIGTERM', async () => {
  policies.stop();
  await hook.close();
  say(hook.stats());
  process.exit(0);
});
