import type { JsonObject } from '#shared/formats/json-object.ts';
import { contents, fields, idOf, item, list, resultOf, type SentItem, type SentRequest, said } from './sent-request.ts';

function anthropicItem(role: string, block: JsonObject): SentItem {
  switch (block['type']) {
    case 'text':
      return item(role, 'text', { text: said(block['text']) });
    case 'tool_reference':
      return item(role, 'text', { text: said(block['tool_name']) });
    case 'image':
    case 'document':
      return item(role, block['type']);
    case 'tool_use':
      return item(role, 'call', { id: idOf(block['id']), name: said(block['name']), input: block['input'] });
    case 'tool_result': {
      const parts = contents(block['content'], (part) => anthropicItem(role, part), role);
      return resultOf(role, parts, { id: idOf(block['tool_use_id']), isError: block['is_error'] === true });
    }
    case 'thinking':
      return item(role, 'thinking', { text: said(block['thinking']), signature: said(block['signature']) });
    default:
      return item(role, 'other');
  }
}

export function readAnthropic(body: JsonObject): SentRequest {
  const system = body['system'];
  return {
    system:
      typeof system === 'string'
        ? system
        : list(system)
            .map(({ text }) => said(text))
            .join('\n'),
    items: list(body['messages']).flatMap(({ role, content }) =>
      contents(content, (block) => anthropicItem(String(role), block), String(role)),
    ),
    tools: list(body['tools']).map((tool) => ({ name: said(tool['name']), schema: tool['input_schema'] })),
    maxTokens: body['max_tokens'],
    stops: body['stop_sequences'],
  };
}

function openaiPart(role: string, part: JsonObject): SentItem {
  const type = said(part['type']);
  if (type.endsWith('text')) return item(role, 'text', { text: said(part['text']) });
  return item(role, type.includes('image') ? 'image' : type.includes('file') ? 'document' : 'other');
}

function chatItems(message: JsonObject): readonly SentItem[] {
  const role = said(message['role']);
  const parts = contents(message['content'], (part) => openaiPart(role, part), role);
  if (role === 'tool') return [resultOf(role, parts, { id: idOf(message['tool_call_id']) })];
  const reasoning = said(message['reasoning_content']);
  const calls = list(message['tool_calls']).map((call) => {
    const called = fields(call['function']);
    const input = JSON.parse(said(called['arguments'])) as unknown;
    return item(role, 'call', { id: idOf(call['id']), name: said(called['name']), input });
  });
  return [...(reasoning === '' ? [] : [item(role, 'thinking', { text: reasoning })]), ...parts, ...calls];
}

export function readChat(body: JsonObject): SentRequest {
  const items = list(body['messages']).flatMap(chatItems);
  const leading = items.findIndex(({ role }) => role !== 'system' && role !== 'developer');
  const end = leading === -1 ? items.length : leading;
  return {
    system: items
      .slice(0, end)
      .map(({ text }) => text)
      .join('\n'),
    items: items.slice(end),
    tools: list(body['tools']).map((tool) => {
      const called = fields(tool['function']);
      return { name: said(called['name']), schema: called['parameters'] };
    }),
    maxTokens: body['max_completion_tokens'] ?? body['max_tokens'],
    stops: body['stop'],
  };
}

function responsesItems(entry: JsonObject): readonly SentItem[] {
  switch (entry['type']) {
    case 'function_call': {
      const input = JSON.parse(said(entry['arguments'])) as unknown;
      return [item('assistant', 'call', { id: idOf(entry['call_id']), name: said(entry['name']), input })];
    }
    case 'function_call_output': {
      const parts = contents(entry['output'], (part) => openaiPart('tool', part), 'tool');
      return [resultOf('tool', parts, { id: idOf(entry['call_id']) })];
    }
    case 'reasoning':
      return [item('assistant', 'thinking', { signature: said(entry['encrypted_content']) })];
    default: {
      const role = said(entry['role']);
      return contents(entry['content'], (part) => openaiPart(role, part), role);
    }
  }
}

export function readResponses(body: JsonObject): SentRequest {
  return {
    system: said(body['instructions']),
    items: list(body['input']).flatMap(responsesItems),
    tools: list(body['tools']).map((tool) => ({ name: said(tool['name']), schema: tool['parameters'] })),
    maxTokens: body['max_output_tokens'],
    stops: undefined,
  };
}

function geminiItem(role: string, part: JsonObject): SentItem {
  const signature = idOf(part['thoughtSignature']);
  const call = fields(part['functionCall']);
  const result = fields(part['functionResponse']);
  if (part['functionCall'] !== undefined) {
    return item(role, 'call', { id: idOf(call['id']), name: said(call['name']), input: call['args'], signature });
  }
  if (part['functionResponse'] !== undefined) {
    const response = fields(result['response']);
    const media = list(result['parts']).length;
    const text = said(response['output'] ?? response['error']);
    const isError = response['error'] !== undefined;
    return item(role, 'result', { id: idOf(result['id']), name: said(result['name']), text, isError, media });
  }
  if (part['thought'] === true) return item(role, 'thinking', { text: said(part['text']), signature });
  if (part['text'] !== undefined) return item(role, 'text', { text: said(part['text']), signature });
  const data = fields(part['inlineData'] ?? part['fileData']);
  return item(role, said(data['mimeType']).startsWith('image/') ? 'image' : 'document');
}

export function readGemini(body: JsonObject): SentRequest {
  const config = fields(body['generationConfig']);
  return {
    system: list(fields(body['systemInstruction'])['parts'])
      .map(({ text }) => said(text))
      .join('\n'),
    items: list(body['contents']).flatMap(({ role, parts }) =>
      list(parts).map((part) => geminiItem(role === 'model' ? 'assistant' : 'user', part)),
    ),
    tools: list(body['tools']).flatMap((tool) =>
      list(tool['functionDeclarations']).map(({ name, parameters }) => ({ name: said(name), schema: parameters })),
    ),
    maxTokens: config['maxOutputTokens'],
    stops: config['stopSequences'],
  };
}

function converseItem(role: string, block: JsonObject): SentItem {
  const use = fields(block['toolUse']);
  const result = fields(block['toolResult']);
  const reasoning = fields(fields(block['reasoningContent'])['reasoningText']);
  if (block['toolUse'] !== undefined) {
    return item(role, 'call', { id: idOf(use['toolUseId']), name: said(use['name']), input: use['input'] });
  }
  if (block['toolResult'] !== undefined) {
    const parts = list(result['content']).map((part) => converseItem(role, part));
    return resultOf(role, parts, { id: idOf(result['toolUseId']), isError: result['status'] === 'error' });
  }
  if (block['reasoningContent'] !== undefined) {
    return item(role, 'thinking', { text: said(reasoning['text']), signature: said(reasoning['signature']) });
  }
  if (block['text'] !== undefined) return item(role, 'text', { text: said(block['text']) });
  return item(role, block['image'] !== undefined ? 'image' : block['document'] !== undefined ? 'document' : 'cache');
}

export function readConverse(body: JsonObject): SentRequest {
  const inference = fields(body['inferenceConfig']);
  return {
    system: list(body['system'])
      .map(({ text }) => said(text))
      .join('\n'),
    items: list(body['messages']).flatMap(({ role, content }) =>
      list(content).map((block) => converseItem(String(role), block)),
    ),
    tools: list(fields(body['toolConfig'])['tools']).flatMap((tool) => {
      const spec = fields(tool['toolSpec']);
      return tool['toolSpec'] === undefined
        ? []
        : [{ name: said(spec['name']), schema: fields(spec['inputSchema'])['json'] }];
    }),
    maxTokens: inference['maxTokens'],
    stops: inference['stopSequences'],
  };
}
