import type { SeededRandom } from '../../arena/seeded-random.ts';

/** Tools that a third of the failures name without quotes, as no mask can know: templates of their own. */
const TOOLS = 400;

/** The same failure once more, as another call would have met it: other numbers, other values, sometimes another tool. */
export function varyMessage(message: string, random: SeededRandom): string {
  const word = () => Math.floor(random.uniform() * 1e9).toString(36);
  const varied = message
    .replace(/\d+/g, () => String(Math.floor(random.uniform() * 1_000)))
    .replace(/'[\w ]{1,40}'/g, () => `'${word()}'`);
  if (random.uniform() > 1 / 3) return varied;
  // A few tools have most of the failures.
  const tool = Math.floor(TOOLS * random.uniform() ** 3);
  return `${varied} while calling ${toolName(tool)}`;
}

function toolName(index: number): string {
  const verbs = ['search', 'create', 'update', 'delete', 'list', 'read', 'send', 'move'];
  const things = ['file', 'ticket', 'order', 'page', 'user', 'event', 'branch', 'invoice', 'message', 'report'];
  const rest = Math.floor(index / 80);
  return `${verbs[index % 8] ?? ''}_${things[Math.floor(index / 8) % 10] ?? ''}${'abcdef'.charAt(rest)}`;
}
