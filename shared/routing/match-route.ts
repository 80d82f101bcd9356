import type { PolicyBody, PolicyRoute, RouteMatch } from '#shared/domain/policy.ts';

/** What a route may look at. A null fact is unknown, and only a route that does not ask for it matches. */
export interface RouteFacts {
  readonly requestModel: string;
  readonly turnShape: string;
  /** Of the request with which the call's conversation opened; the same where absent. */
  readonly openingShape?: string;
  readonly developer: string | null;
  readonly repo: string | null;
  readonly project: string | null;
  /** Whether calls of the session have just failed by deterministic checks. */
  readonly flagged: boolean;
}

/**
 * The first route that takes the call, in the policy's order. What a route was specialised to takes conversations by their
 * opening, and with all their turns: it was learned of whole sessions. What somebody wrote of a shape is about each call.
 */
export function matchRoute(body: PolicyBody, facts: RouteFacts): PolicyRoute | undefined {
  const { turnShape, openingShape = turnShape } = facts;
  return body.routes.find((route) =>
    matches(route.match, facts, openingShape !== turnShape && isSpecialised(route) ? openingShape : turnShape),
  );
}

/** Whether the optimizer has made the route out of a general one, for one turn shape: its id says so. */
function isSpecialised({ id, match: { turnShape } }: PolicyRoute): boolean {
  return turnShape !== undefined && id.endsWith(turnShape) && id.at(-turnShape.length - 1) === '/';
}

function matches(match: RouteMatch, facts: RouteFacts, turnShape: string): boolean {
  return (
    matchesText(match.requestModel, facts.requestModel) &&
    matchesText(match.turnShape, turnShape) &&
    matchesText(match.developer, facts.developer) &&
    matchesText(match.repo, facts.repo) &&
    matchesText(match.project, facts.project) &&
    (match.flagged === undefined || match.flagged === facts.flagged)
  );
}

function matchesText(pattern: string | undefined, text: string | null): boolean {
  if (pattern === undefined) return true;
  return text !== null && matchesPattern(pattern, text);
}

/**
 * Whether the text fits a pattern in which `*` stands for any run of characters. Takes the pieces from left to right,
 * each at its first place, so that a hostile pattern costs no more than a plain search (a regular expression might).
 */
export function matchesPattern(pattern: string, text: string): boolean {
  const [head = '', ...pieces] = pattern.split('*');
  const tail = pieces.pop();
  if (tail === undefined) return pattern === text;
  if (!text.startsWith(head)) return false;
  let position = head.length;
  for (const piece of pieces) {
    const found = text.indexOf(piece, position);
    if (found < 0) return false;
    position = found + piece.length;
  }
  return text.length - tail.length >= position && text.endsWith(tail);
}
