import { allCriteria, CANARIES, type Rubric } from '../../../services/evaluator/scorers/judge/rubric.ts';

/** What a judge's endpoint sends, and what has to come of it. */
export interface ReplyCase {
  readonly name: string;
  /** Body of a Chat Completions reply, sent for every request of the case. */
  readonly body: string;
  /** `fail` and `pass`: the reply can be read, and says so. `unusable`: no verdict may come of it. */
  readonly expected: 'fail' | 'pass' | 'unusable';
}

interface Answer {
  readonly id: string;
  readonly evidence: readonly unknown[];
  readonly reasoning: string;
  readonly absence: boolean;
  readonly verdict: unknown;
}
interface Reply {
  readonly task: string;
  readonly outcome: string;
  readonly criteria: readonly Answer[];
}

/** A quote that stands in the transcript of the cases, with its message. */
export interface TrueQuote {
  readonly message: string;
  readonly quote: string;
}

/** Places at which an answer breaks off, as at the limit of output tokens. */
const TRUNCATIONS = 40;

/** Replies as reports of users tell of them, made for one rubric: each well-formed one, and each way to go wrong. */
export function malformedReplies(rubric: Rubric, quote: TrueQuote): readonly ReplyCase[] {
  const pass = replyOf(rubric);
  const first = rubric.criteria[0]?.id ?? '';
  const fail = changed(pass, first, { verdict: 'fail', evidence: [quote] });
  return [
    ...readable('fail', fail),
    ...readable('pass', pass),
    ...truncated(pass),
    ...wrongShapes(pass),
    ...allCriteria(rubric).flatMap(({ id }) => wrongCriterion(pass, id)),
    ...wrongControls(pass),
    ...unusableTexts(),
    ...wrongBodies(pass),
  ];
}

function replyOf(rubric: Rubric): Reply {
  const criteria = allCriteria(rubric).map(({ id }) => {
    const verdict = CANARIES.find((canary) => canary.id === id)?.expected ?? 'pass';
    return { id, evidence: [], reasoning: 'as the record shows', absence: false, verdict };
  });
  return { task: 'a task', outcome: 'an outcome', criteria };
}

function changed(reply: Reply, id: string, change: Readonly<Record<string, unknown>>): Reply {
  const criteria = reply.criteria.map((answer) => (answer.id === id ? { ...answer, ...change } : answer));
  return { ...reply, criteria };
}

function without(reply: Reply, id: string): Reply {
  return { ...reply, criteria: reply.criteria.filter((answer) => answer.id !== id) };
}

/** Wrappings that lose nothing. */
function readable(expected: 'fail' | 'pass', reply: Reply): readonly ReplyCase[] {
  const json = JSON.stringify(reply);
  const texts: Readonly<Record<string, string>> = {
    plain: json,
    indented: JSON.stringify(reply, null, 2),
    'in a fence': `\`\`\`json\n${json}\n\`\`\``,
    'in a fence without a language': `\`\`\`\n${json}\n\`\`\``,
    'in a fence after prose': `Here is my verdict:\n\n\`\`\`json\n${json}\n\`\`\`\nI hope it helps.`,
    'after prose': `Let me think about it.\n${json}`,
    'before prose': `${json}\n\nAll in all a clear case.`,
    'between blanks': `\n\n  ${json}  \n`,
    'with the criteria in another order': JSON.stringify({ ...reply, criteria: [...reply.criteria].reverse() }),
    'with fields beside': JSON.stringify({ ...reply, overall: 'pass', score: 10 }),
    'without the field on absence': JSON.stringify({
      ...reply,
      criteria: reply.criteria.map(({ absence: _absence, ...answer }) => answer),
    }),
  };
  return Object.entries(texts).map(([how, text]) => ({
    name: `${expected}: ${how}`,
    body: completion(text),
    expected,
  }));
}

function truncated(reply: Reply): readonly ReplyCase[] {
  const json = JSON.stringify(reply);
  return Array.from({ length: TRUNCATIONS }, (_, index) => {
    const end = Math.floor(((index + 1) * json.length) / (TRUNCATIONS + 1));
    return unusable(`broken off at ${end}`, completion(json.slice(0, end), 'length'));
  });
}

/** JSON that is not the answer asked for. `all([])` is true in many languages, and here it must not be. */
function wrongShapes(reply: Reply): readonly ReplyCase[] {
  const byId = Object.fromEntries(reply.criteria.map((answer) => [answer.id, answer.verdict]));
  const values: Readonly<Record<string, unknown>> = {
    'no criteria': { ...reply, criteria: [] },
    'criteria left out': { task: reply.task, outcome: reply.outcome },
    'criteria null': { ...reply, criteria: null },
    'criteria true': { ...reply, criteria: true },
    'criteria by id': { ...reply, criteria: byId },
    'criteria as texts': { ...reply, criteria: reply.criteria.map(({ id, verdict }) => `${id}: ${String(verdict)}`) },
    'criteria nested': { ...reply, criteria: [reply.criteria] },
    'criteria of null': { ...reply, criteria: reply.criteria.map(() => null) },
    'the answer inside of another': { result: reply },
    'only an overall verdict': { verdict: 'pass' },
    'only a pass': { pass: true },
    'only a score': { score: 10 },
    'an empty object': {},
    'a list of criteria': reply.criteria,
    'an empty list': [],
    null: null,
    true: true,
    'a number': 1,
    'a text': 'pass',
    'every criterion twice': { ...reply, criteria: [...reply.criteria, ...reply.criteria] },
    'a criterion of its own': { ...reply, criteria: [...reply.criteria, { ...reply.criteria[0], id: 'style' }] },
    'only control questions': { ...reply, criteria: reply.criteria.filter(({ id }) => id.startsWith('control')) },
    'another rubric': { ...reply, criteria: reply.criteria.map((answer) => ({ ...answer, id: `other_${answer.id}` })) },
    'task left out': { outcome: reply.outcome, criteria: reply.criteria },
    'task null': { ...reply, task: null },
  };
  return Object.entries(values).map(([name, value]) => unusable(name, completion(JSON.stringify(value))));
}

function wrongCriterion(reply: Reply, id: string): readonly ReplyCase[] {
  const answer = reply.criteria.find((each) => each.id === id);
  const { verdict: _verdict, ...unjudged } = answer ?? {};
  const { evidence: _evidence, ...unproven } = answer ?? {};
  const replaced = (value: unknown) => ({
    ...reply,
    criteria: reply.criteria.map((each) => (each.id === id ? value : each)),
  });
  const values: Readonly<Record<string, unknown>> = {
    'is missing': without(reply, id),
    'is there twice': { ...reply, criteria: [...reply.criteria, answer] },
    'has no verdict': replaced(unjudged),
    'has no evidence': replaced(unproven),
    'is null': replaced(null),
    'has the verdict null': changed(reply, id, { verdict: null }),
    'has the verdict true': changed(reply, id, { verdict: true }),
    'has the verdict 1': changed(reply, id, { verdict: 1 }),
    'has an empty verdict': changed(reply, id, { verdict: '' }),
    'has the verdict PASS': changed(reply, id, { verdict: 'PASS' }),
    'has a verdict of its own': changed(reply, id, { verdict: 'mostly pass' }),
    'has two verdicts': changed(reply, id, { verdict: ['pass', 'fail'] }),
    'has evidence that is a text': changed(reply, id, { evidence: 'm1' }),
    'has evidence without a message': changed(reply, id, { evidence: [{ quote: 'x' }] }),
    'has another id': changed(reply, id, { id: id.toUpperCase() }),
    'has an id with dashes': changed(reply, id, { id: id.replaceAll('_', '-') }),
    'has an empty id': changed(reply, id, { id: '' }),
  };
  return Object.entries(values).map(([how, value]) => unusable(`${id} ${how}`, completion(JSON.stringify(value))));
}

function wrongControls(reply: Reply): readonly ReplyCase[] {
  return CANARIES.flatMap(({ id, expected }) =>
    ['pass', 'fail', 'cannot_tell']
      .filter((verdict) => verdict !== expected)
      .map((verdict) =>
        unusable(`${id} is answered ${verdict}`, completion(JSON.stringify(changed(reply, id, { verdict })))),
      ),
  );
}

function unusableTexts(): readonly ReplyCase[] {
  const texts: Readonly<Record<string, string | null>> = {
    nothing: '',
    'no content': null,
    blanks: ' \n ',
    prose: 'I would say it went rather well, a solid 8 out of 10!',
    'one word': 'pass',
    'a word in a fence': '```\npass\n```',
    'an empty fence': '```json\n```',
    'an open fence': '```json\n{"task":',
    'JSON with single quotes': "{'task': 'x', 'outcome': 'y', 'criteria': []}",
    'JSON with comments': '{"task":"x", // what was asked\n"outcome":"y","criteria":[]}',
    'a comma too many': '{"task":"x","outcome":"y","criteria":[],}',
    'two objects': '{"verdict":"pass"}{"verdict":"fail"}',
    'a Python object': '{"task": None, "outcome": True, "criteria": []}',
    XML: '<verdict>pass</verdict>',
    YAML: 'task: x\noutcome: y\ncriteria:\n  - id: requests_addressed\n    verdict: pass',
    'a page': '<!doctype html><title>502 Bad Gateway</title>',
    'not a number': '{"score": NaN}',
    braces: '}{',
    'a long run of braces': '{'.repeat(20_000),
    'a megabyte of text': 'pass '.repeat(200_000),
    'a lone surrogate': '\ud800',
    'control characters': '\u0000\u0001{"task":"x"}\u0002',
  };
  return Object.entries(texts).map(([name, text]) => unusable(name, completion(text)));
}

/** Bodies that are no completion at all, with status 200. */
function wrongBodies(reply: Reply): readonly ReplyCase[] {
  const bodies: Readonly<Record<string, string>> = {
    'an empty body': '',
    'a body that is no JSON': 'upstream connect error',
    'an empty object as body': '{}',
    'null as body': 'null',
    'no choices': JSON.stringify({ ...JSON.parse(completion('')), choices: [] }),
    'choices null': JSON.stringify({ ...JSON.parse(completion('')), choices: null }),
    'a choice without a message': JSON.stringify({ ...JSON.parse(completion('')), choices: [{ index: 0 }] }),
    'a refusal': JSON.stringify({
      ...JSON.parse(completion('')),
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: null, refusal: 'No.' } }],
    }),
    'filtered content': completion(JSON.stringify(reply), 'content_filter'),
    'an error with status 200': JSON.stringify({ error: { message: 'overloaded', type: 'server_error' } }),
    'content as parts': JSON.stringify({
      ...JSON.parse(completion('')),
      choices: [{ index: 0, message: { role: 'assistant', content: [{ type: 'text', text: 'pass' }] } }],
    }),
  };
  return Object.entries(bodies).map(([name, body]) => unusable(name, body));
}

function unusable(name: string, body: string): ReplyCase {
  return { name, body, expected: 'unusable' };
}

function completion(content: string | null, finishReason = 'stop'): string {
  return JSON.stringify({
    ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 0, model: 'judge-1' },
    choices: [{ index: 0, finish_reason: finishReason, message: { role: 'assistant', content, refusal: null } }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  });
}
