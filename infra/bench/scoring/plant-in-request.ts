import type { FaultOwner } from '#shared/domain/score.ts';
import type { ScoredContent } from '../../../services/evaluator/scorers/scoring-subject.ts';
import type { SeededRandom } from '../../arena/seeded-random.ts';
import type { Block } from './recorded-sessions.ts';

/** A recorded call that a fault can be planted in. */
export interface PlantSite {
  readonly content: ScoredContent;
  readonly next: ScoredContent['request'];
  readonly random: SeededRandom;
  /** A result of a run of another domain, which has nothing to do with this one. */
  readonly foreignResult: string;
}

/** The call with the fault in it, and whose fault that is. */
export interface Planted {
  readonly content: ScoredContent;
  readonly next: ScoredContent['request'];
  readonly owner: FaultOwner;
}

/** Plants one kind of fault; null where the call has no place for it. */
export type Planter = (site: PlantSite) => Planted | null;

export interface Message {
  readonly role: string;
  readonly content: readonly Block[];
}

export function messagesOf(request: ScoredContent['request']): readonly Message[] {
  return (request?.['messages'] ?? []) as readonly Message[];
}

export function replyBlocks({ content }: PlantSite): readonly Block[] {
  return (content.response?.['content'] ?? []) as readonly Block[];
}

export function withMessages(site: PlantSite, messages: readonly Message[]): ScoredContent {
  return { ...site.content, request: { ...site.content.request, messages } };
}

export function withReply(site: PlantSite, blocks: readonly Block[], stopReason?: string): ScoredContent {
  const response = { ...site.content.response, content: blocks };
  return { ...site.content, response: stopReason === undefined ? response : { ...response, stop_reason: stopReason } };
}

export const ofType = (blocks: readonly Block[], type: string) => blocks.filter((block) => block['type'] === type);
export const textOf = (blocks: readonly Block[]) =>
  ofType(blocks, 'text')
    .map((block) => String(block['text']))
    .join('\n');

/** One of several, each as likely. */
export function pick<Item>(random: SeededRandom, items: readonly [Item, ...Item[]]): Item {
  return items[Math.floor(random.uniform() * items.length)] ?? items[0];
}

/** Changes one digit of a text. */
export function changeDigit(random: SeededRandom, text: string): string {
  const places = [...text.matchAll(/\d/g)].map(({ index }) => index);
  const at = places[Math.floor(random.uniform() * places.length)];
  if (at === undefined) return text;
  const digit = (Number(text.charAt(at)) + 1 + Math.floor(random.uniform() * 9)) % 10;
  return `${text.slice(0, at)}${digit}${text.slice(at + 1)}`;
}

const mangle = (random: SeededRandom, id: string): string =>
  pick(
    random,
    [id.slice(0, -6), `call_${id}`, id.replace(/^call_/, 'toolu_'), id.replaceAll(/[-_]/g, '')].filter(
      (other) => other !== id && other.length >= 12,
    ) as [string, ...string[]],
  ) ?? id.slice(0, -6);

/** A result under an id that the calls before it do not have: made up by a client, or written otherwise on the way. */
export const plantIdMismatch: Planter = (site) => {
  const messages = messagesOf(site.content.request);
  const last = messages.at(-1);
  const results = ofType(last?.content ?? [], 'tool_result');
  const [first] = results;
  if (last === undefined || first === undefined) return null;
  const isMangled = site.random.uniform() < 0.5;
  const id = isMangled
    ? mangle(site.random, String(first['tool_use_id']))
    : `toolu_${Math.floor(site.random.uniform() * 1e12).toString(36)}`;
  const changed = last.content.map((block) => (block === first ? { ...block, tool_use_id: id } : block));
  const content = withMessages(site, [...messages.slice(0, -1), { ...last, content: changed }]);
  return { content, next: null, owner: isMangled ? 'gateway' : 'client' };
};

/** A call that gets no result. */
export const plantOrphan: Planter = (site) => {
  const messages = messagesOf(site.content.request);
  const last = messages.at(-1);
  const results = ofType(last?.content ?? [], 'tool_result');
  const lost = results[Math.floor(site.random.uniform() * results.length)];
  if (last === undefined || lost === undefined) return null;
  const left = last.content.filter((block) => block !== lost);
  const changed = left.length > 0 ? left : [{ type: 'text', text: 'Please go on.' }];
  return {
    content: withMessages(site, [...messages.slice(0, -1), { ...last, content: changed }]),
    next: null,
    owner: 'client',
  };
};

/** Results that come late in their turn, in several messages, or as the assistant's. */
export const plantResultOrder: Planter = (site) => {
  const messages = messagesOf(site.content.request);
  const last = messages.at(-1);
  const before = messages.at(-2);
  const results = ofType(last?.content ?? [], 'tool_result');
  if (last === undefined || before === undefined || results.length === 0) return null;
  const words = { type: 'text', text: 'Here are the results.' };
  const ways = [
    [...messages.slice(0, -1), { ...last, content: [words, ...last.content] }],
    [...messages.slice(0, -1), { role: 'user', content: [words] }, last],
    [
      ...messages.slice(0, -2),
      { ...before, content: [...before.content, ...results] },
      { role: 'user', content: [words] },
    ],
  ] satisfies [Message[], ...Message[][]] as [Message[], ...Message[][]];
  const split = [...messages.slice(0, -1), ...results.map((result) => ({ role: 'user', content: [result] }))];
  const changed = pick(site.random, results.length > 1 ? [...ways, split] : ways);
  return { content: withMessages(site, changed), next: null, owner: 'gateway' };
};

/** What the agent called and what came of it, put before the reply once more. */
function exchange(call: Block, result: string, round: number): readonly Message[] {
  const id = `planted_${round}_${String(call['id'])}`;
  return [
    { role: 'assistant', content: [{ ...call, id }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: result }] },
  ];
}

const ERRORS = [
  'Error: request timed out',
  'Error: Internal server error',
  'Error: service is unavailable',
  'Error: record not found',
  'Error: permission denied',
] as const;

/** The reply's call, failed once, twice or three times before. */
export const plantFailingCall: Planter = (site) => {
  const [call] = ofType(replyBlocks(site), 'tool_use');
  if (call === undefined) return null;
  const times = 1 + Math.floor(site.random.uniform() * 3);
  const error = pick(site.random, ERRORS);
  const tries = Array.from({ length: times }, (_, round) => exchange(call, error, round)).flat();
  return {
    content: withMessages(site, [...messagesOf(site.content.request), ...tries]),
    next: null,
    owner: 'provider',
  };
};

/** The result that the next request has for a call of the reply. */
function resultFor(site: PlantSite, call: Block): string | null {
  const results = messagesOf(site.next).flatMap(({ content }) => ofType(content, 'tool_result'));
  const found = results.findLast((block) => block['tool_use_id'] === call['id']);
  return typeof found?.['content'] === 'string' && !/^\s*error/i.test(found['content']) ? found['content'] : null;
}

/** One call, or a pair of calls, gone through twice already with the same results. */
export const plantLoop: Planter = (site) => {
  const calls = ofType(replyBlocks(site), 'tool_use');
  const [call] = calls;
  const result = call === undefined ? null : resultFor(site, call);
  // Asking for a state again and again is how one waits for it.
  if (call === undefined || calls.length > 1 || result === null || /status|check/.test(String(call['name'])))
    return null;
  const messages = messagesOf(site.content.request);
  const other = { ...call, name: 'find_records', input: { page: 1 } };
  const once = (round: number) => exchange(call, result, round);
  const pair = (round: number) => [...exchange(other, '[]', round), ...once(round)];
  const isPair = site.random.uniform() < 0.5;
  const cycle = isPair ? [...pair(0), ...pair(1), ...exchange(other, '[]', 2)] : [...once(0), ...once(1)];
  return { content: withMessages(site, [...messages, ...cycle]), next: null, owner: 'provider' };
};

const READS = /^(get|find|list|search)_/;

/** What the reply reads, read before with the same result. */
export const plantRedundantRead: Planter = (site) => {
  const [call] = ofType(replyBlocks(site), 'tool_use');
  const result = call === undefined ? null : resultFor(site, call);
  if (call === undefined || result === null || !READS.test(String(call['name'])) || /status/.test(String(call['name'])))
    return null;
  const content = withMessages(site, [...messagesOf(site.content.request), ...exchange(call, result, 0)]);
  return { content, next: site.next, owner: 'provider' };
};

const CLAIM = /\bsuccessful|\b(?:has|have) been\b|\bis now\b/i;

/** The real report of a success, after a change that has failed instead. */
export const plantErrorIgnored: Planter = (site) => {
  const messages = messagesOf(site.content.request);
  const last = messages.at(-1);
  const results = ofType(last?.content ?? [], 'tool_result');
  const calls = ofType(messages.at(-2)?.content ?? [], 'tool_use');
  const isChange =
    calls.length === 1 &&
    !/^(get|find|list|search|calculate|think|transfer|check|run)/.test(String(calls[0]?.['name']));
  const text = textOf(replyBlocks(site));
  // Only reports of success are the fault; excuses and questions are none.
  if (last === undefined || results.length !== 1 || !isChange || !CLAIM.test(text)) return null;
  if (ofType(replyBlocks(site), 'tool_use').length > 0 || /^\s*error/i.test(String(results[0]?.['content'])))
    return null;
  if (/unfortunately|sorry|apolog|unable|cannot|issue|however/i.test(text.slice(0, -160))) return null;
  const failed = last.content.map((block) => ({ ...block, content: pick(site.random, ERRORS) }));
  return {
    content: withMessages(site, [...messages.slice(0, -1), { ...last, content: failed }]),
    next: null,
    owner: 'provider',
  };
};

/** A record of another world, read right before an answer that does not speak of it. */
export const plantResultIgnored: Planter = (site) => {
  const blocks = replyBlocks(site);
  if (ofType(blocks, 'tool_use').length > 0 || textOf(blocks) === '') return null;
  const read = { type: 'tool_use', id: 'read', name: 'get_record', input: {} };
  const content = withMessages(site, [...messagesOf(site.content.request), ...exchange(read, site.foreignResult, 0)]);
  return { content, next: null, owner: 'provider' };
};

/** A list of things to do that is not done when the turn ends. */
export const plantOpenTodos: Planter = (site) => {
  const statements = [
    'I looked at the account and wrote down what I found.',
    'The first step is done.',
    'Here is the summary of your account.',
    'I have changed the address on the order.',
    'Everything you asked for is on its way.',
  ] as const;
  if (ofType(replyBlocks(site), 'tool_use').length > 0) return null;
  const todos = [
    { content: 'Find the record', status: 'completed' },
    { content: 'Change it', status: pick(site.random, ['pending', 'in_progress']) },
  ];
  const call = { type: 'tool_use', id: 'todo', name: 'TodoWrite', input: { todos } };
  const changed = withMessages(site, [
    ...messagesOf(site.content.request),
    ...exchange(call, 'Todos have been modified', 0),
  ]);
  const reply = withReply(site, [{ type: 'text', text: pick(site.random, statements) }], 'end_turn').response;
  return { content: { ...changed, response: reply }, next: null, owner: 'provider' };
};
