import * as z from 'zod';

/** Weights are integers out of this total, so that a policy's canonical JSON (and its hash) never meets a rounding. */
export const WEIGHT_TOTAL = 10_000;
/** A policy is held in memory by every gateway and matched on every call. */
const POLICY_ROUTES_MAX = 1_000;
export const TARGETS_MAX = 50;

const nameSchema = z.string().min(1).max(200);
const weightSchema = z.int().min(0).max(WEIGHT_TOTAL);

/**
 * What a call must look like for a route to take it; an absent field matches everything. Text fields are compared
 * exactly, except that `*` stands for any run of characters (`claude-*`).
 */
const routeMatchSchema = z.strictObject({
  requestModel: nameSchema.optional(),
  turnShape: nameSchema.optional(),
  developer: nameSchema.optional(),
  repo: nameSchema.optional(),
  project: nameSchema.optional(),
  flagged: z.boolean().optional(),
});

/** A model to send to, with its share of the route's sessions and the prompt prefix it gets. */
const policyTargetSchema = z.strictObject({
  model: nameSchema,
  weight: weightSchema,
  prefixId: nameSchema.optional(),
});

/** A model on trial: `share` of the route's sessions, out of WEIGHT_TOTAL, taken only from the exploration slice. */
const explorationSchema = z.strictObject({ model: nameSchema, share: weightSchema });

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function duplicated(values: readonly string[]): string | undefined {
  return values.find((value, index) => values.indexOf(value) !== index);
}

const policyRouteSchema = z
  .strictObject({
    id: nameSchema,
    match: routeMatchSchema,
    targets: z.array(policyTargetSchema).min(1).max(TARGETS_MAX),
    fallbacks: z.array(nameSchema).max(TARGETS_MAX).default([]),
    exploration: z.array(explorationSchema).max(TARGETS_MAX).default([]),
  })
  .superRefine((route, context) => {
    const sum = total(route.targets.map((target) => target.weight));
    if (sum !== WEIGHT_TOTAL) {
      context.addIssue({ code: 'custom', path: ['targets'], message: `weights sum to ${sum}, not ${WEIGHT_TOTAL}` });
    }
    const share = total(route.exploration.map((candidate) => candidate.share));
    if (share > WEIGHT_TOTAL) {
      context.addIssue({ code: 'custom', path: ['exploration'], message: `shares sum to ${share}` });
    }
    const twice = duplicated(route.exploration.map((candidate) => candidate.model));
    if (twice !== undefined) {
      context.addIssue({ code: 'custom', path: ['exploration'], message: `model ${twice} is listed twice` });
    }
  });

/**
 * The body of a Policy: all that its id (sha256 of the canonical JSON) covers. The first route that matches a call
 * decides it; `safeDefault` serves where a matching route has nothing left that may be served.
 */
export const policyBodySchema = z
  .strictObject({
    schema: z.literal(1),
    turnShapeVersion: z.int().positive(),
    routes: z.array(policyRouteSchema).max(POLICY_ROUTES_MAX),
    safeDefault: nameSchema,
  })
  .superRefine((body, context) => {
    const twice = duplicated(body.routes.map((route) => route.id));
    if (twice !== undefined) {
      context.addIssue({ code: 'custom', path: ['routes'], message: `route id ${twice} is used twice` });
    }
  });

export type PolicyBody = z.infer<typeof policyBodySchema>;
export type PolicyRoute = z.infer<typeof policyRouteSchema>;
export type PolicyTarget = z.infer<typeof policyTargetSchema>;
export type RouteMatch = z.infer<typeof routeMatchSchema>;

/** Every model that a policy could serve, each once, in order of first mention. */
export function modelsOfPolicy(body: PolicyBody): string[] {
  const models = body.routes.flatMap((route) => [
    ...route.targets.map((target) => target.model),
    ...route.fallbacks,
    ...route.exploration.map((candidate) => candidate.model),
  ]);
  return [...new Set([...models, body.safeDefault])];
}
