import { anthropicStream, content, openAiReply, openAiStream, type ScorerCase } from '../scorer-case.ts';
import { after, answers, assistant, call, result, user } from './turn.ts';

const said = (name: string, text: string, rest: Omit<ScorerCase, 'name' | 'content'>): ScorerCase => ({
  name,
  content: content({ text }),
  ...rest,
});

export const TRUNCATED_OUTPUT_CASES: readonly ScorerCase[] = [
  {
    name: 'the token limit',
    content: content({ text: 'The three causes are', stopReason: 'max_tokens' }),
    outcome: 'fail',
    owner: 'provider',
    severity: 'error',
    expectedVsActual: 'whole answer -> cut by the token limit',
  },
  {
    name: 'the token limit inside a call',
    content: content({ calls: [{ input: '{"file_path": "a' }], stopReason: 'max_tokens' }),
    outcome: 'fail',
    severity: 'fatal',
    expectedVsActual: 'whole call -> cut inside a call',
  },
  {
    name: 'the context window',
    content: content({ text: 'Step one', stopReason: 'model_context_window_exceeded' }),
    outcome: 'fail',
    severity: 'error',
  },
  said('an open fence', 'Use this:\n```ts\nconst a = 1;\nconst b', { outcome: 'fail', severity: 'error' }),
  said('open JSON', '{"message": "I can help with', { outcome: 'fail', expectedVsActual: 'whole answer -> open json' }),
  said('a sentence that ends with an article', 'I changed the policy of the', { outcome: 'fail', severity: 'warning' }),
  said('a sentence that ends with a comma', 'First stop the server,', { outcome: 'fail', severity: 'warning' }),
  said('a whole sentence', 'I changed the policy.', { outcome: 'pass' }),
  said('a closed fence', 'Use this:\n```ts\nconst a = 1;\n```', { outcome: 'pass' }),
  said('a fence with fences in it', '````md\n```ts\nconst a = 1;\n```\n````', { outcome: 'pass' }),
  said('whole JSON', '{"message": "Done."}', { outcome: 'pass' }),
  said('JSON with quotes that nobody escaped', '{"message": "choose "blue" or "red""}', { outcome: 'pass' }),
  said('a list without full stops', 'Files:\n- a.ts\n- b.ts', { outcome: 'pass' }),
  said('a word for an answer', 'Yes', { outcome: 'pass' }),
  { name: 'no word', content: content({ calls: [{}] }), outcome: 'not_applicable' },
  { name: 'no reply', content: content({ response: null, status: 'upstream_error' }), outcome: 'not_applicable' },
  {
    name: 'a client that asked for one token',
    content: content({ text: 'H', stopReason: 'max_tokens', parameters: { max_tokens: 1 } }),
    outcome: 'not_applicable',
  },
  {
    name: 'a client that went away',
    content: content({ text: 'I cha', status: 'client_cancelled' }),
    outcome: 'unknown',
  },
];

const LONG = 'The refund goes back to the original payment method within five to seven business days. '.repeat(4);
const usage = (outputTokens: number, reasoningOutputTokens = 0) => ({
  usage: { inputTokens: 10, cacheReadInputTokens: 0, cacheCreationInputTokens: 0, outputTokens, reasoningOutputTokens },
  responseModel: 'gpt-4.1-2025-04-14',
});
const counted = (name: string, tokens: number, outcome: 'pass' | 'fail', expectedVsActual?: string): ScorerCase => ({
  name,
  content: content({ text: LONG, call: usage(tokens) }),
  outcome,
  ...(expectedVsActual === undefined ? {} : { expectedVsActual }),
});

export const USAGE_INCONSISTENT_CASES: readonly ScorerCase[] = [
  { ...counted('no output tokens', 0, 'fail', 'output tokens 1+ -> 0'), owner: 'gateway', severity: 'warning' },
  counted('a handful of tokens', 3, 'fail', 'output tokens counted -> fewer reported'),
  counted('three times as many', 240, 'fail', 'output tokens counted -> more reported'),
  counted('the tokens of another call', 5_000, 'fail', 'output tokens counted -> more reported'),
  {
    name: 'usage that got lost on the way',
    content: content({ text: LONG, raw: openAiReply([], 'stop') }),
    outcome: 'fail',
    expectedVsActual: 'output tokens 1+ -> absent',
  },
  counted('what was counted', 64, 'pass'),
  counted('a few more', 75, 'pass'),
  {
    name: 'a short answer with its framing',
    content: content({ text: 'Yes.', call: usage(9) }),
    outcome: 'pass',
  },
  {
    name: 'a call',
    content: content({ calls: [{ name: 'get_user_details', input: { user_id: 'sofia_kim_7287' } }], call: usage(20) }),
    outcome: 'pass',
  },
  {
    name: 'a third of what several short calls take',
    content: content({
      calls: ['#W3445693', '#W4219264', '#W6729841'].map((order_id) => ({
        name: 'get_order_details',
        input: { order_id },
      })),
      call: { ...usage(29), responseModel: 'gpt-4.1' },
    }),
    outcome: 'fail',
    expectedVsActual: 'output tokens counted -> fewer reported',
  },
  {
    name: 'several short calls',
    content: content({
      calls: ['#W3445693', '#W4219264', '#W6729841'].map((order_id) => ({
        name: 'get_order_details',
        input: { order_id },
      })),
      call: { ...usage(80), responseModel: 'gpt-4.1' },
    }),
    outcome: 'pass',
  },
  { name: 'thoughts that are counted apart', content: content({ text: LONG, call: usage(464, 400) }), outcome: 'pass' },
  { name: 'no word', content: content({ call: usage(0) }), outcome: 'not_applicable' },
  { name: 'a gateway that reports no usage', content: content({ text: LONG }), outcome: 'not_applicable' },
  { name: 'no reply', content: content({ response: null, status: 'upstream_error' }), outcome: 'not_applicable' },
  {
    name: 'thoughts that are not shown',
    content: content({
      blocks: [
        { type: 'thinking', thinking: '' },
        { type: 'text', text: LONG },
      ],
      call: usage(900),
    }),
    outcome: 'unknown',
  },
];

const events = (...list: readonly Record<string, unknown>[]) =>
  list.map((event) => `event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`).join('');
const start = { type: 'message_start', message: { id: 'msg_1', content: [] } };
const open = (index: number) => ({ type: 'content_block_start', index, content_block: { type: 'text', text: '' } });
const delta = (index: number, text: string) => ({
  type: 'content_block_delta',
  index,
  delta: { type: 'text_delta', text },
});
const close = (index: number) => ({ type: 'content_block_stop', index });
const stop = { type: 'message_delta', delta: { stop_reason: 'end_turn' } };
const end = { type: 'message_stop' };
const streamed = (name: string, raw: string, text: string, rest: Omit<ScorerCase, 'name' | 'content'>): ScorerCase => ({
  name,
  content: content({ text, raw }),
  ...rest,
});
const READ = { name: 'Read', arguments: '{"file_path":"a.ts"}' };

export const STREAM_MISMATCH_CASES: readonly ScorerCase[] = [
  streamed(
    'a delta after its block',
    events(start, open(0), delta(0, 'Hi'), close(0), delta(0, '!'), stop, end),
    'Hi!',
    {
      outcome: 'fail',
      owner: 'provider',
      severity: 'fatal',
      expectedVsActual: 'stream in order -> content after stop',
    },
  ),
  streamed('no start', events(open(0), delta(0, 'Hi'), close(0), stop, end), 'Hi', {
    outcome: 'fail',
    expectedVsActual: 'stream in order -> start missing',
  }),
  streamed('no end', events(start, open(0), delta(0, 'Hi'), close(0), stop), 'Hi', {
    outcome: 'fail',
    expectedVsActual: 'stream in order -> end missing',
  }),
  streamed('an index that was left out', events(start, open(1), delta(1, 'Hi'), close(1), stop, end), 'Hi', {
    outcome: 'fail',
    expectedVsActual: 'stream in order -> wrong block index',
  }),
  streamed('a block that is not stopped', events(start, open(0), delta(0, 'Hi'), stop, end), 'Hi', { outcome: 'fail' }),
  streamed(
    'a piece that was not delivered',
    events(start, open(0), delta(0, 'Hi'), delta(0, ' you'), close(0), stop, end),
    'Hi',
    {
      outcome: 'fail',
      owner: 'gateway',
      expectedVsActual: 'text of the stream -> other text',
    },
  ),
  {
    name: 'other arguments than those of the pieces',
    content: content({ calls: [{ input: { file_path: 'b.ts' } }], raw: openAiStream([READ]) }),
    outcome: 'fail',
    owner: 'gateway',
    expectedVsActual: 'arguments of the stream -> other arguments',
  },
  streamed('a stream in order', events(start, open(0), delta(0, 'Hi'), close(0), stop, end), 'Hi', { outcome: 'pass' }),
  streamed(
    'pings between',
    events({ type: 'ping' }, start, open(0), { type: 'ping' }, delta(0, 'Hi'), close(0), stop, end),
    'Hi',
    {
      outcome: 'pass',
    },
  ),
  {
    name: 'an OpenAI stream with a call',
    content: content({ calls: [{}], raw: openAiStream([READ]) }),
    outcome: 'pass',
  },
  {
    name: 'an Anthropic stream with a call',
    content: content({ calls: [{}], raw: anthropicStream('Read', ['{"file_path":', '"a.ts"}']) }),
    outcome: 'pass',
  },
  streamed(
    'two blocks',
    events(start, open(0), delta(0, 'A.'), close(0), open(1), delta(1, 'B.'), close(1), stop, end),
    'A.\nB.',
    {
      outcome: 'pass',
    },
  ),
  { name: 'a whole reply', content: content({ calls: [{}], raw: openAiReply([READ]) }), outcome: 'not_applicable' },
  { name: 'no raw reply', content: content({ text: 'Hi' }), outcome: 'not_applicable' },
  {
    name: 'a client that went away',
    content: content({ text: 'H', raw: events(start, open(0), delta(0, 'H')), status: 'client_cancelled' }),
    outcome: 'unknown',
  },
];

const refused = {
  outcome: 'fail',
  owner: 'provider',
  severity: 'error',
  expectedVsActual: 'answer -> refusal',
} as const;
export const REFUSAL_OR_EMPTY_CASES: readonly ScorerCase[] = [
  said('a plain refusal', "I'm sorry, but I can't assist with that.", refused),
  said('a refusal with a typographic apostrophe', 'I’m sorry, but I can’t help with that request.', refused),
  said('a refusal of the model as such', 'As an AI language model, I cannot browse the internet.', refused),
  said('a refusal that declines', 'I must decline.', refused),
  said('dots', '...', { outcome: 'fail', expectedVsActual: 'answer -> no word' }),
  {
    name: 'a stop for refusal',
    content: content({ text: 'I', stopReason: 'refusal' }),
    outcome: 'fail',
    expectedVsActual: 'answer -> stop refusal',
  },
  said('an answer', 'The tests pass.', { outcome: 'pass' }),
  said(
    'a refusal by the rules of the task',
    "I'm sorry, but I can't help with that since basic economy flights cannot be changed.",
    { outcome: 'pass' },
  ),
  said('a failure that is told', "I couldn't find a user with that email.", { outcome: 'pass' }),
  said('what cannot be done and what can', "I can't cancel this order, but I can return it once it is delivered.", {
    outcome: 'pass',
  }),
  said('a sign for an answer', '👍', { outcome: 'pass' }),
  said('an answer in another script', '完了しました。', { outcome: 'pass' }),
  { name: 'a call', content: content({ calls: [{}] }), outcome: 'not_applicable' },
  { name: 'no reply', content: content({ response: null, status: 'upstream_error' }), outcome: 'not_applicable' },
];

const EN = 'Hi! I would like to return the tablet that I bought last week, and get the money back to my card please.';
const DE = 'Guten Tag, ich möchte das Tablet zurückgeben, das ich in der letzten Woche bei Ihnen gekauft habe, bitte.';
const ANSWER_EN =
  'Your return is on its way. You will receive an email with the steps that you need to follow for the refund.';
const ANSWER_ES =
  'Su devolución está en camino. Recibirá un correo con los pasos que debe seguir para que se haga el reembolso.';
const ANSWER_ZH = '您的退货申请已经提交，退款将在五到七个工作日内退回到您的信用卡。';
const ANSWER_DE =
  'Die Rückgabe ist veranlasst. Sie erhalten eine E-Mail mit den Schritten, die für die Erstattung zu tun sind.';
const PT =
  'Olá! Eu gostaria de devolver o tablet que comprei na semana passada, e receber o dinheiro de volta no meu cartão.';
/** An agent's task whose id holds the small words of other languages: a, e, de. */
const FILES_TASK =
  'Task 51e27d01-c101-4e02-af21-2e684a2a5f4a: say what these files hold.\ncall read_file {"path":"src/index.ts"}\ncall read_file {"path":"README.md"}';
const FILES_ANSWER =
  'Here is what the files say: src/index.ts: export const answer = 12;; README.md: export const answer = 9;';
const NAMES =
  'Juan de la Cruz, Maria de los Angeles, Pedro de la Vega y Ana del Rio, Luis de las Casas, Jose de la Fuente';
const inReplyTo = (
  name: string,
  asked: string,
  text: string,
  rest: Omit<ScorerCase, 'name' | 'content'>,
): ScorerCase => ({
  name,
  content: after([user(asked)], { text }),
  ...rest,
});

export const LANGUAGE_DRIFT_CASES: readonly ScorerCase[] = [
  inReplyTo('Spanish for English', EN, ANSWER_ES, {
    outcome: 'fail',
    owner: 'provider',
    severity: 'warning',
    expectedVsActual: 'language en -> es',
  }),
  inReplyTo('Chinese for English', EN, ANSWER_ZH, { outcome: 'fail', expectedVsActual: 'language en -> han' }),
  inReplyTo('German for English', EN, ANSWER_DE, { outcome: 'fail' }),
  inReplyTo('English for German', DE, ANSWER_EN, { outcome: 'fail' }),
  inReplyTo('Russian for English', EN, 'Ваш возврат оформлен. Деньги вернутся на вашу карту в течение недели.', {
    outcome: 'fail',
    expectedVsActual: 'language en -> cyrillic',
  }),
  {
    name: 'Chinese after a tool',
    content: after([user(EN), assistant(call('a1', 'get_order')), answers(result('a1', 'ok'))], { text: ANSWER_ZH }),
    outcome: 'fail',
  },
  inReplyTo('English for Portuguese', PT, ANSWER_EN, { outcome: 'fail', expectedVsActual: 'language pt -> en' }),
  inReplyTo('Spanish for a request with names in it', `${EN} I am Ana de la Cruz y Vega, order #W51e27d0.`, ANSWER_ES, {
    outcome: 'fail',
    expectedVsActual: 'language en -> es',
  }),
  inReplyTo('English for English', EN, ANSWER_EN, { outcome: 'pass' }),
  inReplyTo('an answer about files', `${EN}\n${FILES_TASK}`, `${ANSWER_EN} ${FILES_ANSWER}`, { outcome: 'pass' }),
  inReplyTo('German for German', DE, ANSWER_DE, { outcome: 'pass' }),
  inReplyTo('a translation that was asked for', `${EN} Answer in Spanish.`, ANSWER_ES, { outcome: 'pass' }),
  inReplyTo('a task about a language', `${DE} Bitte antworten Sie auf Deutsch und in English.`, ANSWER_EN, {
    outcome: 'pass',
  }),
  inReplyTo('an English answer with foreign code', EN, `${ANSWER_EN}\n\`\`\`\n${ANSWER_ZH}\n\`\`\``, {
    outcome: 'pass',
  }),
  inReplyTo('a task that is mostly ids and paths', FILES_TASK, FILES_ANSWER, { outcome: 'not_applicable' }),
  inReplyTo('a task of ids and paths, told at length', FILES_TASK, ANSWER_EN, { outcome: 'not_applicable' }),
  {
    name: 'a task of ids and paths after its tools',
    content: after(
      [
        user(FILES_TASK),
        assistant(call('a1', 'read_file')),
        answers(result('a1', 'README.md: export const answer = 9;')),
      ],
      { text: FILES_ANSWER },
    ),
    outcome: 'not_applicable',
  },
  inReplyTo('a list of names', NAMES, ANSWER_EN, { outcome: 'not_applicable' }),
  inReplyTo('an answer that is a list of names', EN, NAMES, { outcome: 'not_applicable' }),
  inReplyTo(
    'a query that nobody fenced',
    'SELECT a, e, o FROM os WHERE a IN (e) AND e IS NOT NULL ORDER BY o, a',
    ANSWER_EN,
    {
      outcome: 'not_applicable',
    },
  ),
  inReplyTo(
    'a question about a text in another language',
    `Please tell me what this is about:\n\n${PT}\n${PT}`,
    ANSWER_EN,
    {
      outcome: 'not_applicable',
    },
  ),
  inReplyTo('an answer that is too short to tell', EN, 'Sí, claro.', { outcome: 'not_applicable' }),
  inReplyTo('a request that is too short to tell', 'ok', ANSWER_ES, { outcome: 'not_applicable' }),
  { name: 'a call', content: after([user(EN)], { calls: [{}] }), outcome: 'not_applicable' },
];
