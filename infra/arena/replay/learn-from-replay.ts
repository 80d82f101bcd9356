import { type Governance, governanceSchema } from '#shared/domain/governance.ts';
import { type PolicyBody, WEIGHT_TOTAL } from '#shared/domain/policy.ts';
import { TURN_SHAPE_VERSION } from '#shared/domain/turn-shape.ts';
import { chooseTarget } from '#shared/routing/choose-target.ts';
import { qualityRulesOf } from '../../../services/optimizer/routing/assess-models.ts';
import { planPolicy } from '../../../services/optimizer/routing/plan-policy.ts';
import type { RoutingCell } from '../../../services/optimizer/routing/routing-cell.ts';
import { createRoutingState } from '../../../services/optimizer/routing/routing-state.ts';
import { stepRouting } from '../../../services/optimizer/routing/step-routing.ts';
import { createSeededRandom } from '../seeded-random.ts';
import type { OutcomeMatrix } from './read-bfcl.ts';

export interface ReplayOptions {
  readonly seed: number;
  readonly calls: number;
  /** Index of the model that serves everything at the start. */
  readonly incumbent: number;
  readonly qualityBar: number;
  /** How far below the best model of a shape a cheaper one may be. */
  readonly tolerance: number;
}

const REQUEST_MODEL = 'claude-sonnet';
/** Calls between two looks of the optimizer. */
const LOOK_CALLS = 40;
const BOOTSTRAP_SHARE = 0.5;
const ALPHA = 0.05;

/** The model per shape that a run through the rows of `train`, drawn with replacement, has settled on from cold. */
export function learnFromReplay(matrix: OutcomeMatrix, train: readonly number[], options: ReplayOptions): number[] {
  const random = createSeededRandom(options.seed);
  const governance = governanceOf(matrix, options);
  const rules = qualityRulesOf(governance);
  const safeDefault = matrix.models[options.incumbent]?.id ?? '';
  let body = startingBody(safeDefault);
  let state = createRoutingState();
  const spent = new Map<string, RoutingCell>();
  for (let call = 0; call < options.calls; call += 1) {
    const row = matrix.rows[train[Math.floor(random.uniform() * train.length)] ?? 0];
    if (row === undefined) continue;
    const turnShape = matrix.shapes[row.shape] ?? '';
    const explores = random.uniform() < BOOTSTRAP_SHARE;
    const choice = chooseTarget({
      ...{ policy: body, facts: factsOf(turnShape), u: random.uniform(), allowList: governance.models },
      ...{ variant: explores ? 'exploration' : 'stable', explorationProbability: BOOTSTRAP_SHARE },
    });
    if (choice.type !== 'target') continue;
    const { model } = choice.target;
    const outcome = row.outcomes[matrix.models.findIndex((each) => each.id === model)];
    if (outcome === undefined) continue;
    note(spent, turnShape, model, outcome);
    state = stepRouting(
      state,
      { type: 'session', turnShape, model, quality: outcome.valid, hardFailure: false },
      rules,
    );
    if (call % LOOK_CALLS === 0) {
      body = planPolicy({ current: body, governance, state, cells: [...spent.values()] }).body;
    }
  }
  const { decisions } = planPolicy({ current: body, governance, state, cells: [...spent.values()] });
  return matrix.shapes.map((turnShape) => {
    const decision = decisions.find((each) => each.turnShape === turnShape) ?? decisions.at(-1);
    return matrix.models.findIndex(({ id }) => id === (decision?.chosenModel ?? safeDefault));
  });
}

function governanceOf(matrix: OutcomeMatrix, { qualityBar, tolerance }: ReplayOptions): Governance {
  return governanceSchema.parse({
    models: matrix.models.map(({ id, price }) => ({ id, provider: 'replay', price })),
    ...{ qualityBar, weights: 'automatic', weightStepMax: 0.25, exploration: 0.1, bootstrapShare: BOOTSTRAP_SHARE },
    // As many models are tried for each shape: they share the chance of a false proof.
    alphas: { provenTolerance: tolerance, proven: ALPHA / matrix.models.length },
  });
}

function startingBody(safeDefault: string): PolicyBody {
  const route = {
    id: 'all',
    match: { requestModel: REQUEST_MODEL },
    targets: [{ model: safeDefault, weight: WEIGHT_TOTAL }],
    ...{ fallbacks: [], exploration: [] },
  };
  return { schema: 1, turnShapeVersion: TURN_SHAPE_VERSION, routes: [route], safeDefault };
}

/** Running mean of the tokens of a cell. */
function note(
  spent: Map<string, RoutingCell>,
  turnShape: string,
  model: string,
  outcome: { readonly inputTokens: number; readonly outputTokens: number },
): void {
  const key = `${turnShape} ${model}`;
  const known = spent.get(key)?.tokens ?? null;
  const sessions = (known?.sessions ?? 0) + 1;
  const mean = (before: number, value: number) => before + (value - before) / sessions;
  spent.set(key, {
    ...{ turnShape, model, sessions: [] },
    tokens: {
      ...{ sessions, cacheReadInputTokens: 0, cacheCreationInputTokens: 0 },
      inputTokens: mean(known?.inputTokens ?? 0, outcome.inputTokens),
      outputTokens: mean(known?.outputTokens ?? 0, outcome.outputTokens),
    },
  });
}

function factsOf(turnShape: string) {
  return {
    requestModel: REQUEST_MODEL,
    turnShape,
    ...{ developer: null, repo: null, project: null, flagged: false },
  };
}
