import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LOSS_KINDS, type LossKindDefinition, lossKindSchema } from './loss.ts';

const GUIDE = readFileSync(new URL('../../docs/guides/losses.md', import.meta.url), 'utf8');
/** The guide without its line breaks. */
const flow = (text: string) => text.replaceAll(/\s+/g, ' ');
const SECTIONS = new Map(
  GUIDE.split(/^### /m)
    .slice(1)
    .map((section) => [/^`(\w+)`/.exec(section)?.[1] ?? section, flow(section)]),
);

describe('the guide to losses', () => {
  it('has a section for every kind and for no other', () => {
    expect([...SECTIONS.keys()].sort()).toEqual([...lossKindSchema.options].sort());
  });

  it.each(Object.entries<LossKindDefinition>(LOSS_KINDS))(
    'says what %s means and what it costs',
    (kind, { definition, severity, fidelityWeight }) => {
      const section = SECTIONS.get(kind) ?? '';
      expect(section).toContain(definition);
      expect(section).toContain(`Severity ${severity}`);
      const cost = fidelityWeight === 0 ? 'takes nothing from fidelity' : `takes ${fidelityWeight} from fidelity`;
      expect(section).toContain(cost);
    },
  );
});
