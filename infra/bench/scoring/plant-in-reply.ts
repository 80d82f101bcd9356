import {
  changeDigit,
  messagesOf,
  ofType,
  type Planter,
  type PlantSite,
  pick,
  replyBlocks,
  textOf,
  withReply,
} from './plant-in-request.ts';
import type { Block } from './recorded-sessions.ts';

/** Everything that stands before the reply, as one text. */
const before = (site: PlantSite) => JSON.stringify(messagesOf(site.content.request)).toLowerCase();

const openAiCalls = (calls: readonly Block[]) =>
  calls.map((call, index) => ({
    index,
    id: call['id'],
    type: 'function',
    function: { name: call['name'], arguments: JSON.stringify(call['input']) },
  }));

function openAiReply(blocks: readonly Block[], finish: string): string {
  const message = { role: 'assistant', content: textOf(blocks), tool_calls: openAiCalls(ofType(blocks, 'tool_use')) };
  return JSON.stringify({ choices: [{ index: 0, finish_reason: finish, message }] });
}

/** An id that is empty, or that an earlier call has. */
export const plantBadId: Planter = (site) => {
  const blocks = replyBlocks(site);
  const [call] = ofType(blocks, 'tool_use');
  const earlier = messagesOf(site.content.request).flatMap(({ content }) => ofType(content, 'tool_use'));
  const known = earlier[Math.floor(site.random.uniform() * earlier.length)];
  if (call === undefined || known === undefined) return null;
  const id = pick(site.random, ['', String(known['id']), 'call:1 of 2']);
  const content = withReply(
    site,
    blocks.map((block) => (block === call ? { ...block, id } : block)),
  );
  return { content, next: null, owner: 'gateway' };
};

/** Stop and content that do not belong together, by the upstream's doing or by that of what lies between. */
export const plantStopReason: Planter = (site) => {
  const blocks = replyBlocks(site);
  const hasCalls = ofType(blocks, 'tool_use').length > 0;
  const way = Math.floor(site.random.uniform() * 3);
  if (way === 0) return { content: withReply(site, [], 'end_turn'), next: null, owner: 'provider' };
  const changed = withReply(site, blocks, hasCalls ? 'end_turn' : 'tool_use');
  if (way === 1 || !hasCalls) return { content: changed, next: null, owner: 'provider' };
  return { content: { ...changed, upstreamRaw: openAiReply(blocks, 'tool_calls') }, next: null, owner: 'gateway' };
};

/** An answer that breaks off: at the token limit, inside a call, in a fence, or after a word that ends nothing. */
export const plantTruncation: Planter = (site) => {
  const blocks = replyBlocks(site);
  const text = textOf(blocks);
  const [call] = ofType(blocks, 'tool_use');
  if (call !== undefined) {
    const raw = JSON.stringify(call['input']).slice(0, -2);
    const cut = { ...call, input: { __unparsedToolInput: { raw, len: raw.length } } };
    return { content: withReply(site, [cut], 'max_tokens'), next: null, owner: 'provider' };
  }
  const way = Math.floor(site.random.uniform() * 3);
  if (way === 0) {
    const cut = text.slice(0, Math.max(8, Math.floor(text.length * site.random.uniform())));
    return { content: withReply(site, [{ type: 'text', text: cut }], 'max_tokens'), next: null, owner: 'provider' };
  }
  if (way === 1) {
    const fenced = `${text}\n\n\`\`\`json\n{\n  "order":`;
    return { content: withReply(site, [{ type: 'text', text: fenced }]), next: null, owner: 'provider' };
  }
  const end = [...text.matchAll(/\b(?:the|to|of|and|with|your|for)(?= )/g)].at(-1);
  if (end === undefined) return null;
  const cut = text.slice(0, end.index + end[0].length);
  return { content: withReply(site, [{ type: 'text', text: cut }]), next: null, owner: 'provider' };
};

/** Output tokens that are none, a third or three times what they were. */
export const plantUsage: Planter = (site) => {
  const usage = site.content.response?.['usage'] as { output_tokens?: number } | undefined;
  const tokens = usage?.output_tokens ?? 0;
  // Of a few tokens the framing alone is a third.
  if (tokens < 80) return null;
  const reported = pick(site.random, [0, Math.floor(tokens / 3), tokens * 3]);
  const response = { ...site.content.response, usage: { input_tokens: 0, output_tokens: reported } };
  return { content: { ...site.content, response }, next: null, owner: 'gateway' };
};

function anthropicEvents(text: string): Record<string, unknown>[] {
  const half = Math.ceil(text.length / 2);
  const delta = (piece: string) => ({
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'text_delta', text: piece },
  });
  return [
    { type: 'message_start', message: { id: 'msg_1', content: [] } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    delta(text.slice(0, half)),
    delta(text.slice(half)),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
    { type: 'message_stop' },
  ];
}

const sse = (events: readonly unknown[]) => events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');

/** A stream out of order, or one of which a piece was not delivered, or delivered changed. */
export const plantStream: Planter = (site) => {
  const blocks = replyBlocks(site);
  const text = textOf(blocks);
  const calls = ofType(blocks, 'tool_use');
  const [call] = calls;
  if (call !== undefined) {
    const chunks = [
      { choices: [{ index: 0, delta: { content: text, tool_calls: openAiCalls(calls) } }] },
      { choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] },
    ];
    const changed = blocks.map((block) =>
      block === call ? { ...block, input: { ...(block['input'] as object), added: 1 } } : block,
    );
    return { content: { ...withReply(site, changed), upstreamRaw: sse(chunks) }, next: null, owner: 'gateway' };
  }
  if (text.replace(/\s/g, '').length < 8) return null;
  const events = anthropicEvents(text);
  const [start, open, first, second, close, stop, end] = events;
  const broken = pick(site.random, [
    [open, first, second, close, stop, end],
    [start, open, first, second, close, stop],
    [start, first, second, close, stop, end],
    [start, open, first, close, second, stop, end],
    [start, { ...open, index: 1 }, { ...first, index: 1 }, { ...second, index: 1 }, { ...close, index: 1 }, stop, end],
    null,
  ]);
  if (broken !== null) return { content: { ...site.content, upstreamRaw: sse(broken) }, next: null, owner: 'provider' };
  const lost = withReply(site, [{ type: 'text', text: text.slice(0, Math.ceil(text.length / 2)) }]);
  return { content: { ...lost, upstreamRaw: sse(events) }, next: null, owner: 'gateway' };
};

/** An id in the answer, or in the arguments, with one digit changed to what nobody said; `1000ml` is none. */
function slip(site: PlantSite, text: string, isMeant: (token: string) => boolean): { from: string; to: string } | null {
  const known = before(site);
  for (const token of new Set(
    text.match(/#?[A-Za-z]*\d[A-Za-z0-9]*(?:_[A-Za-z0-9]+)*|[a-z]+(?:_[a-z]+)*_\d+/g) ?? [],
  )) {
    if (token.length < 6 || (token.match(/\d/g) ?? []).length < 3 || !isMeant(token)) continue;
    if (/^\d+[a-z]{1,4}$/i.test(token)) continue;
    const to = changeDigit(site.random, token);
    if (!known.includes(to.toLowerCase()) && to !== token) return { from: token, to };
  }
  return null;
}

/** The answer names another record than the result did. */
export const plantContradiction: Planter = (site) => {
  const blocks = replyBlocks(site);
  const text = textOf(blocks);
  if (ofType(blocks, 'tool_use').length > 0) return null;
  const results = messagesOf(site.content.request).flatMap(({ content }) => ofType(content, 'tool_result'));
  const told = results
    .map((block) => String(block['content']))
    .filter((result) => !/^\s*error/i.test(result))
    .join('\n');
  const found = slip(site, text, (token) => new RegExp(`(?<![A-Za-z0-9_])${token}(?![A-Za-z0-9_])`).test(told));
  if (found === null) return null;
  const content = withReply(site, [{ type: 'text', text: text.replaceAll(found.from, found.to) }]);
  return { content, next: null, owner: 'provider' };
};

/** An id in the arguments that comes from nowhere. */
export const plantUngrounded: Planter = (site) => {
  const blocks = replyBlocks(site);
  const [call] = ofType(blocks, 'tool_use');
  if (call === undefined || /calculate|think/.test(String(call['name']))) return null;
  const values = Object.values(call['input'] as object).filter(
    (value) => typeof value === 'string' && !/\s/.test(value),
  );
  const found = slip(site, values.join('\n'), (token) => values.includes(token));
  if (found === null) return null;
  const input = Object.fromEntries(
    Object.entries(call['input'] as object).map(([name, value]) => [name, value === found.from ? found.to : value]),
  );
  const content = withReply(
    site,
    blocks.map((block) => (block === call ? { ...block, input } : block)),
  );
  return { content, next: null, owner: 'provider' };
};

const REFUSALS = [
  "I'm sorry, but I can't assist with that.",
  "I'm sorry, I can't help with that request.",
  'I cannot assist with this request.',
  'I am unable to help with that.',
  "Sorry, but I can't help with that.",
  'As an AI language model, I cannot access external systems.',
  'I must decline.',
  "I won't engage with this topic.",
  '…',
] as const;

export const plantRefusal: Planter = (site) => ({
  content: withReply(site, [{ type: 'text', text: pick(site.random, REFUSALS) }], 'end_turn'),
  next: null,
  owner: 'provider',
});

const OTHER_LANGUAGES = [
  'Claro, he revisado su cuenta y puedo ayudarle con eso. Por favor, confirme los datos para que el cambio se haga hoy.',
  'Bien sûr, je peux vous aider avec votre commande. Merci de me donner le numéro de la commande pour que je la trouve.',
  'Gerne helfe ich Ihnen mit der Bestellung. Bitte nennen Sie mir die Nummer, damit ich sie für Sie finden kann.',
  'Claro, posso ajudar você com isso. Por favor, informe o número do pedido para que eu possa fazer a alteração.',
  '好的，我可以帮您处理这个订单。请提供您的订单号码，以便我查询相关信息。',
  'ご注文を確認いたしました。変更を進めるために、注文番号を教えていただけますでしょうか。',
  'Конечно, я могу помочь вам с этим заказом. Пожалуйста, назовите номер заказа, чтобы я нашёл его.',
  '물론입니다. 주문을 확인해 드리겠습니다. 진행하기 위해 주문 번호를 알려 주시겠습니까?',
] as const;

/** An answer in another language than that of a user who has said enough to tell it. */
export const plantLanguage: Planter = (site) => {
  const said = messagesOf(site.content.request).filter(({ role }) => role === 'user');
  const words = said
    .slice(-3)
    .map(({ content }) => textOf(content))
    .join(' ')
    .split(/\s+/);
  if (words.length < 15 || said.slice(-3).some(({ content }) => textOf(content) === '')) return null;
  const text = pick(site.random, OTHER_LANGUAGES);
  return { content: withReply(site, [{ type: 'text', text }], 'end_turn'), next: null, owner: 'provider' };
};

const REACTIONS = [
  "That's not what I asked for.",
  'No, that is wrong. I asked for the other one.',
  'You misunderstood me. I need the first order, not the second.',
  'I already told you my order number.',
  "You didn't change the address.",
  'That is incorrect.',
  '[Request interrupted by user]',
  '[Request interrupted by user for tool use]',
  'I meant the other reservation.',
  'Undo that.',
] as const;

/** A user who corrects or stops the agent. */
export const plantReask: Planter = (site) => {
  const blocks = replyBlocks(site);
  if (ofType(blocks, 'tool_use').length > 0) return null;
  const messages = [
    ...messagesOf(site.content.request),
    { role: 'assistant', content: blocks },
    { role: 'user', content: [{ type: 'text', text: pick(site.random, REACTIONS) }] },
  ];
  return { content: site.content, next: { messages }, owner: 'provider' };
};
