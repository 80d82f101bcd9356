import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { teacherAsk } from '../../../../services/optimizer/prompts/teacher/teacher-ask.ts';
import { readInstructions, ruleLine } from './instructions.ts';
import { mockReply } from './mock-reply.ts';
import { createWorld, trapRule, type World, worldName } from './world.ts';
import { worldConstants } from './world-constants.ts';

const LANDSCAPES = ['L1', 'L2', 'L3', 'L4', 'L5', 'L6'] as const;
const open = (landscape: (typeof LANDSCAPES)[number], seed = 1, noise = 0) =>
  createWorld({ landscape, constants: 'frozen', seed, noise });
const promptWith = (rules: readonly string[]) => ({ prefix: ['Answer the case.', ...rules.map(ruleLine)].join('\n') });
const heldOut = (world: World, rules: readonly string[]) => world.trueScore(promptWith(rules), world.rows.heldOut);

describe('the worlds', () => {
  it('have the constants that were fixed before anything was tuned', () => {
    const text = readFileSync(new URL('./worlds.json', import.meta.url));
    expect(createHash('sha256').update(text).digest('hex')).toBe(
      '036e5e9fe282bb493f55c6e626935ebfc206a85f740744eebd39865e745b14f4',
    );
  });

  it('are the same for the same name, and others for another seed; drawn constants are others', () => {
    expect(open('L1').task).toEqual({ ...open('L1').task, refusal: expect.any(Function) });
    expect(open('L1', 1).useful).not.toEqual(open('L1', 2).useful);
    const drawn = worldConstants('L1', 'drawn-1');
    expect(drawn).toEqual(worldConstants('L1', 'drawn-1'));
    expect(drawn).not.toEqual(worldConstants('L1', 'frozen'));
    expect(drawn).not.toEqual(worldConstants('L1', 'drawn-2'));
  });

  it('tell no split from another: rows are drawn alike, and no row is in two', () => {
    for (const landscape of LANDSCAPES) {
      const { splits, rows } = open(landscape).task;
      const ids = [...splits.propose, ...splits.select, ...splits.report];
      expect(new Set(ids).size).toBe(rows.length);
    }
  });

  it('L1: all useful rules solve everything, the seed nothing, and crowding hurts', () => {
    const world = open('L1');
    const others = world.allRules.filter((rule) => !world.useful.includes(rule));
    expect([heldOut(world, world.useful), heldOut(world, [])]).toEqual([1, 0]);
    expect(heldOut(world, [...world.useful, ...others.slice(0, 2)])).toBe(1);
    expect(heldOut(world, [...world.useful, ...others.slice(0, 8)])).toBeLessThan(0.75);
  });

  it('L2: the trap holds at 0.6 whatever else is there; halves hurt, and pairs without it solve everything', () => {
    const world = open('L2');
    const trap = trapRule(world);
    expect(heldOut(world, [trap])).toBeCloseTo(0.6, 1);
    expect(heldOut(world, [trap, ...world.useful])).toBeCloseTo(heldOut(world, [trap]), 9);
    expect(heldOut(world, world.useful)).toBe(1);
    expect(heldOut(world, world.useful.slice(0, 8))).toBeLessThan(0.95);
    expect(heldOut(world, world.useful.slice(0, 7))).toBeLessThan(heldOut(world, world.useful.slice(0, 6)));
  });

  it('L3: one prefix for both providers reaches 0.7, one for each everything', () => {
    const world = open('L3');
    const one = (rules: readonly string[]) => {
      const { prefix } = promptWith(rules);
      return world.trueScore({ a: prefix, b: prefix }, world.rows.heldOut);
    };
    const shared = world.useful.slice(4);
    expect(Math.max(one(world.useful), one(shared))).toBeLessThan(0.8);
    const own = { a: promptWith(world.useful).prefix, b: promptWith(shared).prefix };
    expect(world.trueScore(own, world.rows.heldOut)).toBe(1);
  });

  it('L4: nine of ten unseen rows can be solved, and a pasted answer solves its own row alone', () => {
    const world = open('L4');
    expect(heldOut(world, world.useful)).toBeGreaterThan(0.85);
    expect(heldOut(world, world.useful)).toBeLessThan(0.96);
    const [row] = world.rows.propose;
    const pasted = { prefix: `Answer the case.\nFor case ${row!.id} answer 7.` };
    expect([world.trueScore(pasted, [row!]), world.trueScore(pasted, world.rows.heldOut)]).toEqual([1, 0]);
  });

  it('L5: six demonstrations cover everything, more of them hurt, and a shown row solves itself', () => {
    const world = open('L5');
    const covering = world.rows.propose.filter((row) => world.rows.propose.length > 0 && row.needs.length > 0);
    const shown = (rows: typeof covering) => ({ prefix: rows.map(({ input }) => input).join('\n') });
    expect(world.trueScore(shown(covering), world.rows.heldOut)).toBeCloseTo(1 - 14 * 0.02, 1);
    const [row] = world.rows.select;
    expect(world.trueScore(shown([row!]), [row!])).toBe(1);
    const best = greedyCover(world);
    expect(world.trueScore(shown(best), world.rows.heldOut)).toBeGreaterThan(0.93);
  });
});

function greedyCover(world: World) {
  const shown: World['rows']['propose'][number][] = [];
  const score = (rows: typeof shown) =>
    world.trueScore({ prefix: rows.map(({ input }) => input).join('\n') }, world.rows.heldOut);
  for (let count = 0; count < 8; count += 1) {
    const next = world.rows.propose.toSorted((left, right) => score([...shown, right]) - score([...shown, left]))[0]!;
    if (score([...shown, next]) > score(shown)) shown.push(next);
  }
  return shown;
}

describe('the mock', () => {
  const model = (role: string, landscape: (typeof LANDSCAPES)[number], noise = 0) =>
    `${role}/${worldName({ landscape, constants: 'frozen', seed: 1, noise })}`;
  const ask = (
    role: string,
    landscape: (typeof LANDSCAPES)[number],
    system: string,
    user: string,
    seed = 0,
    noise = 0,
  ) =>
    mockReply({
      ...{ model: model(role, landscape, noise), seed },
      messages: [
        { role: 'system', content: system },
        { role: 'user', content: user },
      ],
    });

  it('answers the same request alike in any order, and another nonce on its own', () => {
    const world = open('L6', 1, 0.15);
    const all = world.rows.propose.flatMap((row) => [0, 1, 2].map((nonce) => ({ row, nonce })));
    const reply = ({ row, nonce }: (typeof all)[number]) =>
      JSON.stringify(ask('judge', 'L6', '', `Case ${row.id} | rules:  | facts: no | demos: .`, nonce, 0.15));
    const forwards = all.map(reply);
    expect(all.toReversed().map(reply).toReversed()).toEqual(forwards);
    expect(new Set(forwards).size).toBeGreaterThan(5);
  });

  it('flips as many labels as the world has noise', () => {
    const world = open('L1', 1, 0.15);
    const verdicts = Array.from({ length: 400 }, (_, nonce) => {
      const row = world.rows.propose[nonce % 20]!;
      const reply = ask('judge', 'L1', '', `Case ${row.id} | rules:  | facts: no | demos: .`, nonce, 0.15);
      return (JSON.parse(reply.content) as { score: number }).score;
    });
    const flipped = verdicts.filter((score) => score === 1).length / verdicts.length;
    expect(Math.abs(flipped - 0.15)).toBeLessThan(0.06);
  });

  it('teaches as well as what it is shown: by a reason always right, by inputs alone now and then', () => {
    const world = open('L1');
    const helped = (reason: boolean) =>
      world.rows.propose.filter((row, index) => {
        const rows = [
          {
            input: row.input,
            answer: '',
            score: 0,
            reason: reason ? `The answer does not follow rule ${row.needs[0]}.` : '',
          },
        ];
        const { user } = teacherAsk(
          'reflect',
          { currentPrompt: `Answer. ${index}`, rows },
          { count: 1, lengthMax: 999 },
        );
        const { prompts } = JSON.parse(ask('teacher', 'L1', '', user).content) as { prompts: string[] };
        return [...readInstructions(prompts[0]!).rules].some((rule) => row.needs.includes(rule));
      }).length;
    expect(helped(true)).toBe(20);
    expect(helped(false)).toBeLessThan(14);
    expect(helped(false)).toBeGreaterThan(0);
  });
});
