import { openApiDocument } from '../../services/optimizer/api/open-api.ts';
import { type ApiDescription, apiDescriptionSchema, type Operation } from './api-description.ts';
import { describedRoutes } from './described-routes.ts';
import { typeOf } from './type-of.ts';

/** Where the client lies in the repository. */
export const clientFile = new URL('../../clients/typescript/trimtab-client.ts', import.meta.url);

const VERSION = '1.0.0';

/** The client as the API's own document has it: a type per operation, and one function that sends them all. */
export function writeClient(): string {
  const document: ApiDescription = apiDescriptionSchema.parse(openApiDocument(describedRoutes(), VERSION));
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const entries = operations.map(operationText).join('\n');
  const methods = operations.map(methodText).join('\n');
  return `${HEAD}\n/** What each operation takes and answers with. */\nexport interface Operations {\n${entries}\n}\n\n${CALL}\n${methods}\n${TAIL}`;
}

interface Described {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

function operationText({ operation }: Described): string {
  const { operationId, summary, parameters = [], requestBody, responses } = operation;
  const path = parameters.filter((parameter) => parameter.in === 'path');
  const query = parameters.filter((parameter) => parameter.in === 'query');
  const body = requestBody?.content['application/json']?.schema;
  const answer = Object.values(responses['200']?.content ?? {})[0]?.schema;
  const fields = [
    ...(path.length === 0 ? [] : [`    path: ${objectOf(path)};`]),
    ...(query.length === 0 ? [] : [`    query: ${objectOf(query)};`]),
    ...(body === undefined ? [] : [`    body: ${typeOf(body, 2)};`]),
    `    response: ${typeOf(answer ?? {}, 2)};`,
  ];
  return `  /** ${summary}. */\n  ${operationId}: {\n${fields.join('\n')}\n  };`;
}

function objectOf(parameters: readonly NonNullable<Operation['parameters']>[number][]): string {
  const fields = parameters.map(
    ({ name, required, schema }) => `${name}${required === true ? '' : '?'}: ${typeOf(schema, 2)}`,
  );
  return `{ ${fields.join('; ')} }`;
}

function methodText({ path, method, operation }: Described): string {
  const { operationId, responses } = operation;
  const streams = responses['200']?.content?.['text/event-stream'] === undefined ? '' : ', streams: true';
  return `  ${operationId}: { method: '${method}', path: '${path}'${streams} },`;
}

const HEAD = `// biome-ignore-all format: written by a command
// biome-ignore-all lint: written by a command
// biome-ignore-all assist: written by a command
// Written by \`npm run client\` from the API's OpenAPI document. Do not edit.

/** The client needs nothing but \`fetch\`: it runs in Node 18 and later, in browsers, Deno and Bun. */
export interface ClientOptions {
  /** Where the optimizer answers, \`http://127.0.0.1:7401\` by default. */
  readonly baseUrl?: string;
  /** A token of the API. */
  readonly token: string;
  readonly fetch?: typeof globalThis.fetch;
}

/** An answer that is no success, as the API's problem documents say it (RFC 9457). */
export class TrimtabApiError extends Error {
  override readonly name = 'TrimtabApiError';
  readonly status: number;
  /** The stable code of the error. */
  readonly code: string | null;
  readonly problem: unknown;

  constructor(status: number, code: string | null, message: string, problem: unknown) {
    super(message);
    this.status = status;
    this.code = code;
    this.problem = problem;
  }
}
`;

const CALL = `type OperationId = keyof Operations;
type Field<Id extends OperationId, Name extends string> = Operations[Id] extends { [key in Name]: infer Value } ? Value : never;
type OptionalKeys<T> = { [Key in keyof T]-?: undefined extends T[Key] ? never : Key }[keyof T];
/** Fields that may be left out altogether when nothing in them is required. */
type Part<Id extends OperationId, Name extends string> = [Field<Id, Name>] extends [never]
  ? { readonly [key in Name]?: undefined }
  : [OptionalKeys<Field<Id, Name>>] extends [never]
    ? { readonly [key in Name]?: Field<Id, Name> }
    : { readonly [key in Name]: Field<Id, Name> };

export type OperationInput<Id extends OperationId> = Part<Id, 'path'> & Part<Id, 'query'> & Part<Id, 'body'>;
export type OperationOutput<Id extends OperationId> = Operations[Id]['response'];

interface Route {
  readonly method: string;
  readonly path: string;
  /** The answer is a stream of events, and \`call\` gives the first; use \`request\` for all of them. */
  readonly streams?: true;
}

const ROUTES: Readonly<Record<OperationId, Route>> = {`;

const TAIL = `};

export interface TrimtabClient {
  /** Sends one operation and gives its answer. Throws \`TrimtabApiError\` for any other answer than a success. */
  call<Id extends OperationId>(
    id: Id,
    ...input: Record<string, never> extends OperationInput<Id> ? [input?: OperationInput<Id>] : [input: OperationInput<Id>]
  ): Promise<OperationOutput<Id>>;
  /** The answer as it comes over the wire, for streams. */
  request(id: OperationId, input?: RequestInput, signal?: AbortSignal): Promise<Response>;
}

interface RequestInput {
  readonly path?: Readonly<Record<string, unknown>> | undefined;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly body?: unknown;
}

/** A client of one Trimtab. */
export function createTrimtabClient(options: ClientOptions): TrimtabClient {
  const { baseUrl = 'http://127.0.0.1:7401', token, fetch = globalThis.fetch } = options;

  const request = async (id: OperationId, input: RequestInput = {}, signal?: AbortSignal): Promise<Response> => {
    const { method, path } = ROUTES[id];
    const filled = path.replace(/\\{(\\w+)\\}/g, (_match, name: string) => encodeURIComponent(String(input.path?.[name])));
    const url = new URL(filled, baseUrl);
    for (const [name, value] of Object.entries(input.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return await fetch(url, {
      method,
      headers: {
        authorization: \`Bearer \${token}\`,
        ...(input.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  };

  return {
    request,
    async call(id, ...input) {
      const response = await request(id, input[0] as RequestInput | undefined);
      const value: unknown = await response.json().catch(() => null);
      if (response.ok) return value as never;
      const problem = (value ?? {}) as { code?: unknown; detail?: unknown; title?: unknown };
      const message = String(problem.detail ?? problem.title ?? \`the API answered \${response.status}\`);
      throw new TrimtabApiError(response.status, problem.code === undefined ? null : String(problem.code), message, value);
    },
  };
}
`;
