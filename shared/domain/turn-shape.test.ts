import { describe, expect, it } from 'vitest';
import {
  formatTurnShape,
  INPUT_SIZES,
  parseTurnShape,
  TOOL_COMPLEXITIES,
  TURN_PHASES,
  turnShapeSchema,
} from './turn-shape.ts';

describe('the text of a turn shape', () => {
  it('parses back to its parts, for all 75 shapes, each its own', () => {
    const parts = INPUT_SIZES.flatMap((inputSize) =>
      TOOL_COMPLEXITIES.flatMap((tools) => TURN_PHASES.map((phase) => ({ inputSize, tools, phase }))),
    );
    const texts = parts.map(formatTurnShape);
    expect(new Set(texts).size).toBe(75);
    expect(texts.map(parseTurnShape)).toEqual(parts);
    expect(texts.every((text) => turnShapeSchema.safeParse(text).success && /^[a-z0-9-]+$/.test(text))).toBe(true);
  });

  it('is refused when it is not a shape', () => {
    for (const text of ['', '4k', '4k-multi', '5k-multi-edit', '4k-multi-edit-x', '4k-edit-multi']) {
      expect(parseTurnShape(text)).toBeNull();
      expect(turnShapeSchema.safeParse(text).success).toBe(false);
    }
  });
});
