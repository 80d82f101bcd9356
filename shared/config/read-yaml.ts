import { isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { ConfigProblem, LineOf } from './config-problem.ts';

export type YamlResult =
  | { readonly value: unknown; readonly lineOf: LineOf }
  | { readonly problems: readonly ConfigProblem[] };

const CONFIG_BYTES_MAX = 1_000_000;

/** Parses YAML 1.2 and remembers where everything stands, so that every later problem can name its line. */
export function readYaml(text: string): YamlResult {
  if (text.length > CONFIG_BYTES_MAX) {
    return { problems: [{ path: '(file)', line: 1, message: `is larger than ${CONFIG_BYTES_MAX} bytes` }] };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0) {
    return {
      problems: document.errors.map((error) => ({
        path: '(file)',
        line: lines.linePos(error.pos[0]).line,
        message: error.message.split('\n')[0] ?? 'is not YAML',
      })),
    };
  }
  const lineOf: LineOf = (path) => {
    const offset = offsetOf(document.contents, path);
    return offset === null ? null : lines.linePos(offset).line;
  };
  return { value: document.toJS() ?? {}, lineOf };
}

function offsetOf(root: Node | null, path: readonly PropertyKey[]): number | null {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? null;
  for (const segment of path) {
    const next = step(node, segment);
    if (next === undefined) return offset;
    offset = next.offset ?? offset;
    node = next.node;
  }
  return offset;
}

function step(node: unknown, segment: PropertyKey): { node: unknown; offset: number | undefined } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(segment)] as Node | undefined;
    return item === undefined ? undefined : { node: item, offset: item.range?.[0] };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(
    (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(segment),
  );
  if (pair === undefined) return undefined;
  return { node: pair.value, offset: (pair.key as Node).range?.[0] };
}
