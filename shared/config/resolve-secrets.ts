import type { ConfigProblem, LineOf } from './config-problem.ts';

export interface ResolvedSecrets {
  readonly value: unknown;
  /** By the provider that wants it, or by its place elsewhere in the file. */
  readonly missing: readonly { readonly provider: string; readonly variable: string; readonly path: string }[];
  readonly problems: readonly ConfigProblem[];
}

const REFERENCE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;
const SECRET_KEYS = new Set(['apiKey', 'routingKey', 'secret', 'secretAccessKey', 'sessionToken', 'serviceAccount']);

/**
 * Replaces `${NAME}` by the environment's value throughout the file. A secret written inline is refused: the file is
 * meant to be committed.
 */
export function resolveSecrets(
  value: unknown,
  environment: Readonly<Record<string, string | undefined>>,
  lineOf: LineOf,
): ResolvedSecrets {
  const missing: { provider: string; variable: string; path: string }[] = [];
  const problems: ConfigProblem[] = [];
  const visit = (node: unknown, path: readonly (string | number)[]): unknown => {
    if (Array.isArray(node)) return node.map((item, index) => visit(item, [...path, index]));
    if (typeof node === 'object' && node !== null) {
      const entries = Object.entries(node).map(([key, member]) => [key, visit(member, [...path, key])] as const);
      return Object.fromEntries(entries.filter(([, member]) => member !== undefined));
    }
    if (typeof node !== 'string') return node;
    const reference = REFERENCE.exec(node);
    const key = String(path.at(-1));
    if (reference === null && SECRET_KEYS.has(key)) {
      problems.push({
        path: path.join('.'),
        line: lineOf(path),
        message: `is a secret written into the file; put it in the environment and write ${key}: "\${MY_API_KEY}"`,
      });
    }
    if (reference === null) return node;
    const variable = reference[1] ?? '';
    const found = environment[variable];
    if (found === undefined || found === '') {
      const place = path.join('.');
      missing.push({ provider: path[0] === 'providers' ? String(path[1]) : place, variable, path: place });
      return undefined;
    }
    return found;
  };
  return { value: visit(value, []), missing, problems };
}
