import * as z from 'zod';

/** Version of the rules in `turnShapeOf`; stored beside every shape, because shapes of two versions never compare. */
export const TURN_SHAPE_VERSION = 1;

/** Size of the input, by its upper bound in thousands of tokens; `more` is everything above 200k. */
export const INPUT_SIZES = ['4k', '16k', '64k', '200k', 'more'] as const;
/** What the turn asks of tool use, simplest first. */
export const TOOL_COMPLEXITIES = ['none', 'single', 'multi', 'parallel', 'nested'] as const;
/** Where in the agent's work the turn stands. */
export const TURN_PHASES = ['plan', 'edit', 'followup'] as const;

export type InputSize = (typeof INPUT_SIZES)[number];
export type ToolComplexity = (typeof TOOL_COMPLEXITIES)[number];
export type TurnPhase = (typeof TURN_PHASES)[number];

/**
 * One cell of the routing table as text, such as `16k-multi-edit`. Only letters, digits and hyphens, so that it can
 * stand in a URL, a metric label and a job id as it is.
 */
export const turnShapeSchema = z.templateLiteral([
  z.enum(INPUT_SIZES),
  '-',
  z.enum(TOOL_COMPLEXITIES),
  '-',
  z.enum(TURN_PHASES),
]);

export type TurnShape = z.infer<typeof turnShapeSchema>;

export interface TurnShapeParts {
  readonly inputSize: InputSize;
  readonly tools: ToolComplexity;
  readonly phase: TurnPhase;
}

export function formatTurnShape(parts: TurnShapeParts): TurnShape {
  return `${parts.inputSize}-${parts.tools}-${parts.phase}`;
}

/** The parts of a shape's text, or null when it is not a shape of version 1. */
export function parseTurnShape(text: string): TurnShapeParts | null {
  const [size, complexity, turnPhase, ...rest] = text.split('-');
  const inputSize = INPUT_SIZES.find((value) => value === size);
  const tools = TOOL_COMPLEXITIES.find((value) => value === complexity);
  const phase = TURN_PHASES.find((value) => value === turnPhase);
  if (inputSize === undefined || tools === undefined || phase === undefined || rest.length > 0) return null;
  return { inputSize, tools, phase };
}
