import type { CanonicalBody, CanonicalContentBlock, CanonicalContentParam } from '../formats/canonical.ts';
import type { Loss } from '../formats/loss.ts';
import { lossPointer } from '../formats/loss.ts';

/** One thing that a conversation says, and where. Ids are left out: calls and results are paired by their order. */
export interface Atom {
  readonly kind: string;
  readonly value: string;
  readonly pointer: string;
}

type Path = readonly (string | number)[];

const SEPARATOR = '\n\n';

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  const parts = Array.isArray(content) ? (content as { type?: string; text?: string }[]) : [];
  return parts.flatMap((part) => (part.type === 'text' ? [part.text ?? ''] : [])).join(SEPARATOR);
}

function blockAtoms(role: string, block: CanonicalContentParam, path: Path, calls: string[]): readonly Atom[] {
  const atom = (kind: string, value: unknown): Atom => ({
    kind,
    value: JSON.stringify(value),
    pointer: lossPointer(...path),
  });
  switch (block.type) {
    case 'text':
      return [{ kind: `${role} text`, value: block.text, pointer: lossPointer(...path) }];
    case 'tool_use':
      calls.push(block.id);
      return [atom('call', [calls.length, block.name, block.input])];
    case 'tool_result':
      return [atom('result', [calls.indexOf(block.tool_use_id) + 1, textOf(block.content), block.is_error === true])];
    case 'thinking':
      return [atom('thinking', block.thinking)];
    default:
      return [atom(block.type, block.type === 'image' || block.type === 'document' ? block.source : null)];
  }
}

/** The order that a turn has on every wire: results before what accompanies them, calls behind the text. */
const RANKS: readonly string[] = ['thinking', 'result', 'system text', 'user text', 'assistant text'];
const rank = ({ kind }: Atom) => (RANKS.includes(kind) ? RANKS.indexOf(kind) : kind === 'call' ? 9 : 8);

/** Texts of one role that follow one another are one text, as wires without blocks write them. */
function joined(atoms: readonly Atom[]): readonly Atom[] {
  const runs: Atom[] = [];
  for (const atom of atoms) {
    const last = runs.at(-1);
    if (last?.kind === atom.kind && atom.kind.endsWith(' text')) {
      runs[runs.length - 1] = { ...last, value: `${last.value}${SEPARATOR}${atom.value}` };
    } else runs.push(atom);
  }
  return runs;
}

/** What a request's conversation says, turn by turn. */
export function requestAtoms(body: CanonicalBody): readonly Atom[] {
  const calls: string[] = [];
  const system = typeof body.system === 'string' ? [{ type: 'text' as const, text: body.system }] : (body.system ?? []);
  const turns: { role: string; atoms: Atom[] }[] = [
    { role: 'system', atoms: system.flatMap((block, index) => blockAtoms('system', block, ['system', index], calls)) },
  ];
  for (const [index, { role, content }] of body.messages.entries()) {
    const blocks = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content;
    const atoms = blocks.flatMap((block, at) => blockAtoms(role, block, ['messages', index, 'content', at], calls));
    const last = turns.at(-1);
    if (last?.role === role) last.atoms.push(...atoms);
    else turns.push({ role, atoms: [...atoms] });
  }
  return joined(turns.flatMap(({ atoms }) => atoms.toSorted((one, other) => rank(one) - rank(other))));
}

/** What an answer says, as wires that keep kinds apart say it. */
export function answerAtoms(content: readonly CanonicalContentBlock[]): readonly Atom[] {
  const calls: string[] = [];
  const atoms = content.flatMap((block, index) =>
    blockAtoms('assistant', block as CanonicalContentParam, ['content', index], calls),
  );
  const joinedText = (kind: string) => atoms.filter((atom) => atom.kind === kind);
  const text = joinedText('assistant text');
  const thinking = joinedText('thinking');
  const one = (kind: string, of: readonly Atom[], read: (atom: Atom) => string): readonly Atom[] =>
    of.length === 0 ? [] : [{ kind, value: of.map(read).join(''), pointer: of[0]?.pointer ?? '' }];
  return [
    ...one('thinking', thinking, (atom) => JSON.parse(atom.value) as string),
    ...one('assistant text', text, (atom) => atom.value),
    ...atoms.filter(({ kind }) => kind !== 'thinking' && kind !== 'assistant text'),
  ];
}

/** Pointers without their numbers: a loss that occurs again is only counted, under the place of the first. */
const general = (pointer: string) => pointer.replace(/\/\d+/g, '/*');

function isToldOf(pointer: string, losses: readonly Loss[]): boolean {
  return losses.some((loss) => {
    const told = general(loss.pointer);
    const asked = general(pointer);
    return told === asked || told.startsWith(`${asked}/`) || asked.startsWith(`${told}/`);
  });
}

/** The differences of two conversations that the ledger does not account for; sentences. */
export function unexplained(
  before: readonly Atom[],
  after: readonly Atom[],
  losses: readonly Loss[],
): readonly string[] {
  const key = ({ kind, value }: Atom) => `${kind}: ${value}`;
  const rest = after.map(key);
  const missing = before.filter((atom) => {
    const at = rest.indexOf(key(atom));
    if (at !== -1) rest.splice(at, 1);
    return at === -1;
  });
  const faults = missing.filter(({ pointer }) => !isToldOf(pointer, losses)).map((atom) => `lost ${key(atom)}`);
  // What is new stands for something that was changed, or says that something is missing.
  if (missing.length === 0 && !losses.some(({ kind }) => kind !== 'renamed'))
    faults.push(...rest.map((one) => `made up ${one}`));
  return faults;
}

/** The fields of a request beside its conversation that differ without a word in the ledger. */
export function unexplainedFields(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  losses: readonly Loss[],
): readonly string[] {
  return Object.entries(before).flatMap(([key, value]) => {
    if (key === 'model' || key === 'messages' || key === 'system' || value === undefined) return [];
    if (JSON.stringify(after[key]) === JSON.stringify(value)) return [];
    return isToldOf(`/${key}`, losses) ? [] : [`${key}: ${JSON.stringify(value)} became ${JSON.stringify(after[key])}`];
  });
}
