import type { FakeReply, FakeRequest } from '#shared/testing/fake-reply.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * A model that is asked to search. In the conversation it calls Claude Code's own tool; in the request that this tool
 * makes, it searches when it has something to search with, and says so when it has not.
 */
export function searchingModel(request: FakeRequest): FakeReply {
  const tools = ((request.body['tools'] ?? []) as Fields[]).map((tool) => (tool['function'] as Fields)['name']);
  const text = JSON.stringify(request.body['messages'] ?? []);
  if (tools.includes('ToolSearch') && !tools.includes('WebSearch')) {
    if (text.includes('select:WebSearch')) return { type: 'message', text: 'THE TOOL IS NOT THERE' };
    return { type: 'message', toolCalls: [{ name: 'ToolSearch', arguments: { query: 'select:WebSearch' } }] };
  }
  if (tools.includes('WebSearch')) {
    const messages = (request.body['messages'] ?? []) as Fields[];
    const answered = messages.findLast((message) => message['role'] === 'tool');
    if (answered === undefined || !text.includes('height of the Zugspitze')) {
      return { type: 'message', toolCalls: [{ name: 'WebSearch', arguments: { query: 'height of the Zugspitze' } }] };
    }
    return { type: 'message', text: String(answered['content']).includes('2962 m') ? 'FOUND' : 'NOT FOUND' };
  }
  if (tools.includes('web_search')) {
    return text.includes('It is 2962 m high.')
      ? { type: 'message', text: 'It is 2962 m high.' }
      : { type: 'message', toolCalls: [{ name: 'web_search', arguments: { query: 'Zugspitze height' } }] };
  }
  return { type: 'message', text: 'I cannot search the web here.' };
}
