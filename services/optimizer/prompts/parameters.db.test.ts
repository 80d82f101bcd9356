import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PROMPT_OPTIMIZERS } from './registry.ts';

const PAGE = fileURLToPath(new URL('../../../docs/optimizers-parameters.md', import.meta.url));
const sections = readFileSync(PAGE, 'utf8').split(/^## /m).slice(1);

/** Parameters of one table with the default that the page says they have here. */
function tableOf(optimizer: string): Record<string, unknown> {
  const section = sections.find((each) => each.startsWith(`${optimizer}\n`)) ?? '';
  const rows = [...section.matchAll(/^\| `(\w+)` *\|[^|]*\| *([^|]*?) *\|/gm)];
  return Object.fromEntries(rows.map(([, name = '', value = '']) => [name, JSON.parse(value)]));
}

describe('the page on parameters', () => {
  it('has a table for every optimizer and for nothing else', () => {
    expect(sections.map((section) => section.split('\n')[0])).toEqual(
      expect.arrayContaining(PROMPT_OPTIMIZERS.map(({ name }) => name)),
    );
    expect(sections).toHaveLength(PROMPT_OPTIMIZERS.length);
  });

  it.each(PROMPT_OPTIMIZERS.map((optimizer) => [optimizer.name, optimizer] as const))(
    'says of %s what its parameters are and what they are unless they are set',
    (name, optimizer) => {
      expect(tableOf(name)).toEqual(optimizer.bind({}).options);
    },
  );
});
