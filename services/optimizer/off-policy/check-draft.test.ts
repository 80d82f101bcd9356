import { describe, expect, it } from 'vitest';
import { type Governance, governanceSchema } from '#shared/domain/governance.ts';
import type { PolicyBody, PolicyRoute } from '#shared/domain/policy.ts';
import { createSeededRandom } from '../../../infra/arena/seeded-random.ts';
import { diffPolicies } from '../routing/diff-policies.ts';
import { checkDraft } from './check-draft.ts';
import { keepTargets } from './keep-targets.ts';
import type { LoggedSession } from './logged-session.ts';

const SHAPE = '16k-multi-edit';
const OTHER = '4k-none-plan';

const governance = (overrides: object = {}): Governance =>
  governanceSchema.parse({
    models: ['dear', 'cheap', 'new'].map((id) => ({ id, provider: 'p', price: { input: 1, output: 1 } })),
    ...overrides,
  });

function route(dear: number, overrides: Partial<PolicyRoute> = {}): PolicyRoute {
  return {
    id: `claude/${SHAPE}`,
    match: { requestModel: 'claude-*', turnShape: SHAPE },
    targets: [
      { model: 'dear', weight: dear },
      { model: 'cheap', weight: 10_000 - dear },
    ].filter((target) => target.weight > 0),
    fallbacks: [],
    exploration: [],
    ...overrides,
  };
}
const general = (overrides: Partial<PolicyRoute> = {}): PolicyRoute =>
  route(10_000, { id: 'claude', match: { requestModel: 'claude-*' }, ...overrides });
const policy = (...routes: PolicyRoute[]): PolicyBody => ({
  schema: 1,
  turnShapeVersion: 1,
  routes,
  safeDefault: 'dear',
});

/** Sessions of a policy that serves `dear` and explores `cheap` with a small chance. */
function logged(count: number, cheapQuality: number, explored = 0.05): LoggedSession[] {
  const random = createSeededRandom(count);
  return Array.from({ length: count }, (_, at) => {
    const cheap = random.uniform() < explored;
    const facts = { requestModel: 'claude-x', developer: null, repo: null, project: 'p', flagged: false };
    return {
      sessionId: `s-${at}`,
      facts: { ...facts, turnShape: at % 4 === 0 ? OTHER : SHAPE },
      action: { model: cheap ? 'cheap' : 'dear', prefixId: null },
      propensity: cheap ? explored : 1 - explored,
      quality: random.uniform() < (cheap ? cheapQuality : 0.9) ? 1 : 0,
    };
  });
}

function check(
  sessions: readonly LoggedSession[],
  change: {
    readonly draft?: PolicyBody;
    readonly incumbent?: PolicyBody;
    readonly phase?: string;
    readonly reason?: string;
    readonly rules?: Governance;
  } = {},
) {
  const { phase = 'proven', reason = 'cheaper_proven', rules = governance() } = change;
  const incumbent = change.incumbent ?? policy(general());
  const draft = change.draft ?? policy(route(0), general());
  const models = ['dear', 'cheap', 'new'].map((model) => ({ model, phase: model === 'dear' ? 'proven' : phase }));
  const explanations = [{ turnShape: SHAPE, reason, models }];
  return checkDraft({
    ...{ incumbent, draft, explanations, sessions, governance: rules },
    changes: diffPolicies(incumbent, draft),
  });
}

describe('a draft of routing held against what was logged', () => {
  it('passes when enough sessions overlap and a loss is excluded', () => {
    const verdict = check(logged(12_000, 0.95));
    expect(verdict).toMatchObject({ result: 'passed', goesOn: true });
    const { comparison } = verdict;
    expect(comparison?.effectiveSessions).toBeGreaterThan(200);
    // Only the shape that the draft changes counts.
    expect(comparison).toMatchObject({ sessions: 12_000, affected: 9_000, uncovered: 0 });
    expect(comparison?.draft.dr?.value).toBeCloseTo(0.95, 1);
    expect(comparison?.incumbent.dr?.value).toBeCloseTo(0.9, 1);
  });

  it('does not go on when the sessions show a loss, though each model is proven', () => {
    const verdict = check(logged(12_000, 0.6));
    expect(verdict).toMatchObject({ result: 'worse', goesOn: false });
    expect(verdict.comparison?.difference?.high).toBeLessThan(-0.2);
  });

  it('does not go on while a loss of more than the tolerance is not excluded', () => {
    expect(check(logged(12_000, 0.88))).toMatchObject({ result: 'not_shown', goesOn: false });
    const wide = governance({ alphas: { nonInferiorityMargin: 0.2 } });
    expect(check(logged(12_000, 0.88), { rules: wide })).toMatchObject({ result: 'passed' });
  });

  it('goes by the proof of the model itself where few sessions overlap, as on a small installation', () => {
    const few = check(logged(400, 0.95));
    expect(few).toMatchObject({ result: 'proven', goesOn: true });
    expect(few.comparison?.effectiveSessions).toBeLessThan(200);
    expect(check([])).toMatchObject({ result: 'proven', goesOn: true });
  });

  it('but not against a loss that shows even so', () => {
    expect(check(logged(1_500, 0.1))).toMatchObject({ result: 'worse', goesOn: false });
  });

  it('asks for exploration first where neither sessions overlap nor anything is proven', () => {
    const verdict = check(logged(400, 0.95), { phase: 'open' });
    expect(verdict).toMatchObject({ result: 'insufficient_overlap', goesOn: false });
    expect(verdict.reason).toContain(`cheap in ${SHAPE}`);
  });

  it('takes no number of sessions for overlap with a model that none of them was given', () => {
    const draft = policy(
      route(10_000, {
        targets: [
          { model: 'dear', weight: 9_000 },
          { model: 'new', weight: 1_000 },
        ],
      }),
      general(),
    );
    const verdict = check(logged(12_000, 0.9), { draft, phase: 'open' });
    expect(verdict.comparison?.effectiveSessions).toBeGreaterThan(200);
    expect(verdict).toMatchObject({ result: 'insufficient_overlap', goesOn: false });
    expect(verdict.comparison?.uncovered).toBeCloseTo(0.1, 9);
  });

  it('lets a step pass that the whole way would not', () => {
    const step = check(logged(12_000, 0.8), { draft: policy(route(9_000), general()) });
    expect(step).toMatchObject({ result: 'passed' });
    expect(check(logged(12_000, 0.8)).goesOn).toBe(false);
  });

  it('holds up neither exploration, nor what leaves a fallen model, nor what takes back a recovering one', () => {
    const explores = policy(general({ exploration: [{ model: 'cheap', share: 300 }] }));
    expect(check([], { draft: explores, phase: 'open' })).toMatchObject({ result: 'not_needed', goesOn: true });
    for (const reason of ['current_below_bar', 'best_known_while_none_proven']) {
      expect(check(logged(12_000, 0.6), { reason, phase: 'open' })).toMatchObject({ result: 'not_needed' });
    }
    expect(check(logged(12_000, 0.6), { phase: 'returning' })).toMatchObject({ result: 'not_needed' });
  });

  it('weighs what can wait without what cannot: a shape that fell goes on, and does not speak for the other', () => {
    const fallen = route(0, { id: `claude/${OTHER}`, match: { requestModel: 'claude-*', turnShape: OTHER } });
    const draft = policy(route(0), fallen, general());
    const incumbent = policy(general());
    const models = ['dear', 'cheap', 'new'].map((model) => ({ model, phase: 'proven' }));
    const verdict = checkDraft({
      ...{ incumbent, draft, sessions: logged(12_000, 0.6), governance: governance() },
      changes: diffPolicies(incumbent, draft),
      explanations: [
        { turnShape: SHAPE, reason: 'cheaper_proven', models },
        { turnShape: OTHER, reason: 'current_below_bar', models },
      ],
    });
    expect(verdict).toMatchObject({ result: 'worse', goesOn: false, urgentShapes: [OTHER] });
    expect(verdict.comparison).toMatchObject({ sessions: 9_000, affected: 9_000 });
    expect(keepTargets(incumbent, draft, verdict.urgentShapes)).toEqual(policy(fallen, general()));
  });

  it('never keeps a model that left the allow-list', () => {
    const gone = policy(general({ targets: [{ model: 'gone', weight: 10_000 }] }));
    expect(check([], { incumbent: gone, phase: 'open' })).toMatchObject({ result: 'not_needed', goesOn: true });
  });
});

describe('what is left of a draft whose weights are held', () => {
  it('is its exploration, on the targets of before', () => {
    const current = policy(general());
    const exploration = [{ model: 'cheap', share: 300 }];
    const draft = policy(route(5_000, { exploration }), general());
    const kept = keepTargets(current, draft);
    expect(kept.routes).toEqual([route(10_000, { exploration }), general()]);
    expect(diffPolicies(current, kept).map((change) => change.type)).toEqual(['exploration']);
  });

  it('is the current policy where the draft only moves weight', () => {
    const current = policy(general());
    expect(keepTargets(current, policy(route(5_000), general()))).toEqual(current);
    const own = policy(route(8_000), general());
    expect(keepTargets(own, policy(route(5_000), general()))).toEqual(own);
  });
});
