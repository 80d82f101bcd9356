import { ATTEMPTS_PER_SAMPLE, type ChatReply, type ChatRequest } from './chat.ts';
import { hashIndex, hashUniform } from './hash-uniform.ts';
import { readInstructions } from './instructions.ts';
import { teacherReply } from './mock-teacher.ts';
import { createWorld, hintFor, isLongAnswer, parseWorldName, type World } from './world.ts';

const CASE = /^Case ([a-z]+-\d+):/im;
const ANSWERED = /^Case ([a-z]+-\d+) \| rules: ([a-z ]*) \| facts: ([a-z]*) \| demos: ([a-z\d -]*)/i;
const LONG_ANSWER = ' It was looked at from every side before this was written down.'.repeat(6);

const worlds = new Map<string, World>();
const WORLDS_MAX = 64;

/** The world of a model id such as `task/L1:frozen:3:15:0`. */
export function worldOfModel(model: string): World | null {
  const name = model.slice(model.indexOf('/') + 1);
  const known = worlds.get(name);
  if (known !== undefined) return known;
  const spec = parseWorldName(name);
  if (spec === null) return null;
  if (worlds.size >= WORLDS_MAX) worlds.clear();
  const world = createWorld(spec);
  worlds.set(name, world);
  return world;
}

/** What the mock answers: a pure function of the request, its nonce included. */
export function mockReply(request: ChatRequest): ChatReply {
  const world = worldOfModel(request.model);
  if (world === null) return { status: 404, content: 'no such model' };
  const failure = failureOf(world, request);
  if (failure !== null) return failure;
  const [system = '', user = ''] = request.messages.map((message) => message.content);
  if (request.model.startsWith('teacher/')) return { status: 200, content: teacherReply(world, user, request.seed) };
  if (request.model.startsWith('judge/')) return { status: 200, content: judgement(world, user, request.seed) };
  return { status: 200, content: answer(world, system, user, request.seed) };
}

/** The task model says what it went by. */
function answer(world: World, system: string, user: string, nonce: number): string {
  const instructions = readInstructions(system);
  const rowId = CASE.exec(user)?.[1] ?? '';
  const rules = [...instructions.rules].join(' ');
  const fact = instructions.facts.has(rowId) ? 'yes' : 'no';
  const long = isLongAnswer(world, instructions) ? LONG_ANSWER : '';
  const braces =
    world.constants.failingCalls > 0 && hashUniform(world.name, user, nonce, 'braces') < 0.01 ? ' {}}{' : '';
  return `Case ${rowId} | rules: ${rules} | facts: ${fact} | demos: ${instructions.demos.join(' ')}.${braces}${long}`;
}

/** The judge knows the rules of the house, errs as often as the world has noise, and says why. */
function judgement(world: World, answered: string, nonce: number): string {
  const match = ANSWERED.exec(answered);
  const row = world.row(match?.[1] ?? '');
  if (match === null || row === undefined) return JSON.stringify({ score: 0, reason: 'There is no answer.' });
  const [, , rules = '', fact, demos = ''] = match;
  const instructions = {
    rules: new Set(rules.split(' ').filter((rule) => rule !== '')),
    facts: new Set(fact === 'yes' ? [row.id] : []),
    demos: demos.split(' ').filter((demo) => demo !== ''),
  };
  const verdict = world.verdict(row, instructions);
  const flipped = hashUniform(world.name, answered, nonce, 'flip') < world.noise;
  const bonus = answered.length > LONG_ANSWER.length + 20 ? world.constants.longAnswerBonus : 0;
  if (verdict.right !== flipped) return JSON.stringify({ score: 1, reason: 'The answer is right.' });
  const bogus = world.allRules[hashIndex(world.allRules.length, world.name, answered, nonce, 'bogus')] ?? '';
  const crowding = [...instructions.rules].find((rule) => !world.useful.includes(rule));
  const missing = hintFor(world, verdict.missing, answered, nonce);
  const reason = verdict.right
    ? `The answer does not follow rule ${bogus}.`
    : missing !== null
      ? `The answer does not follow rule ${missing}.`
      : crowding !== undefined && instructions.rules.size > world.constants.crowdedAbove
        ? `There are too many rules; rule ${crowding} gets in the way.`
        : 'The answer is not what was needed.';
  return JSON.stringify({ score: bonus, reason });
}

/** Every twentieth call of a dirty world: 429, 500, half a JSON, or nothing. */
function failureOf(world: World, request: ChatRequest): ChatReply | null {
  const { failingCalls } = world.constants;
  if (failingCalls === 0) return null;
  const text = request.messages.map((message) => message.content).join('\n');
  if (hashUniform(request.model, text, request.seed, 'fails') >= failingCalls) return null;
  const kinds: readonly ChatReply[] = [
    { status: 429, content: 'slow down' },
    { status: 500, content: 'something broke' },
    { status: 200, content: '{"score": 0.' },
    { status: 200, content: '' },
  ];
  return kinds[hashIndex(kinds.length, request.model, text, request.seed, 'how')] ?? null;
}

/** Nonce of an attempt at a sample. */
export const nonceOf = (sample: number, attempt: number) => sample * ATTEMPTS_PER_SAMPLE + attempt;
