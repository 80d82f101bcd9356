import type { ErrorObject } from 'ajv/dist/2020.js';

const UNIONS: ReadonlySet<string> = new Set(['anyOf', 'oneOf']);

/**
 * The errors of the alternatives of a union, told as what they are: those of the one alternative that was meant, or one
 * error of the union. A checker tells all alternatives' errors, and nearly all of them are beside the point.
 */
export function foldUnions(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const folded: ErrorObject[] = [];
  for (const error of errors) {
    if (!UNIONS.has(error.keyword)) {
      folded.push(error);
      continue;
    }
    let start = folded.length;
    while (start > 0 && isOfAlternative(folded[start - 1], error)) start -= 1;
    const ofAlternatives = folded.splice(start);
    folded.push(...meantErrors(error, ofAlternatives));
  }
  return folded;
}

/** Alternatives' errors stand right before their union's, under its path or in a definition that it refers to. */
function isOfAlternative(error: ErrorObject | undefined, union: ErrorObject): boolean {
  if (error === undefined || !error.instancePath.startsWith(union.instancePath)) return false;
  return error.schemaPath.startsWith(`${union.schemaPath}/`) || rootOf(error) !== rootOf(union);
}

/** The definition in which a path begins; errors within one that is referred to have paths of their own. */
function rootOf(error: ErrorObject): string {
  return /^#\/(?:\$defs|definitions)\/[^/]+/.exec(error.schemaPath)?.[0] ?? '#';
}

function meantErrors(union: ErrorObject, errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const alternatives = [...Map.groupBy(errors, (error) => alternativeOf(error, union)).values()];
  const isHere = (error: ErrorObject) => error.instancePath === union.instancePath;
  const ofRightType = alternatives.filter((group) => !group.some((error) => isHere(error) && error.keyword === 'type'));
  if (alternatives.length > 0 && ofRightType.length === 0) return [{ ...union, keyword: 'type' }];
  if (
    ofRightType.length > 0 &&
    ofRightType.every((group) => group.every((error) => isHere(error) && isChoice(error)))
  ) {
    return [{ ...union, keyword: 'enum', params: { allowedValues: ofRightType.flat().flatMap(allowedBy) } }];
  }
  // One alternative is meant where it alone has the type, or the constant that tells alternatives apart.
  const told = ofRightType.filter((group) => !group.some(isChoice));
  const meant = ofRightType.length === 1 ? ofRightType[0] : told.length === 1 ? told[0] : undefined;
  return meant ?? tagError(union, ofRightType) ?? [union];
}

/** All alternatives miss the constant at one and the same place: the value that tells them apart is none of theirs. */
function tagError(
  union: ErrorObject,
  alternatives: readonly (readonly ErrorObject[])[],
): readonly ErrorObject[] | null {
  const tags = alternatives.map((group) => group.find(isChoice));
  const [first] = tags;
  if (first === undefined || !tags.every((tag) => tag?.instancePath === first.instancePath)) return null;
  const allowedValues = tags.flatMap((tag) => (tag === undefined ? [] : allowedBy(tag)));
  return [{ ...union, instancePath: first.instancePath, keyword: 'enum', params: { allowedValues } }];
}

function isChoice(error: ErrorObject): boolean {
  return error.keyword === 'enum' || error.keyword === 'const';
}

function alternativeOf(error: ErrorObject, union: ErrorObject): string {
  if (!error.schemaPath.startsWith(`${union.schemaPath}/`)) return rootOf(error);
  return error.schemaPath.slice(union.schemaPath.length + 1).split('/')[0] ?? '';
}

function allowedBy(error: ErrorObject): readonly unknown[] {
  const { allowedValue, allowedValues } = error.params as {
    allowedValue?: unknown;
    allowedValues?: readonly unknown[];
  };
  return allowedValues ?? [allowedValue];
}
