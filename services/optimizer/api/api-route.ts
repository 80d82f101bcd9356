import type * as z from 'zod';

/** Who may call a route; each role may do what those before it may. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who is calling, as the audit log names them. */
export interface Caller {
  readonly name: string;
  readonly role: Role;
}

interface ApiRequest<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly caller: Caller;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/** What a handler answers: a value of the response schema, or that with status and headers. */
interface ApiReply<Response> {
  readonly status?: 200 | 202 | 304;
  readonly headers?: Readonly<Record<string, string>>;
  /** Absent only for 304 and for a stream. */
  readonly value?: Response;
  /** Server-sent events, each a value of the response schema, until the iteration ends or the client goes away. */
  readonly events?: AsyncIterable<Response>;
}

/** What the documentation shows of a route. */
export interface RouteExample {
  readonly query?: string;
  readonly body?: unknown;
  readonly response: unknown;
}

export interface RouteDefinition<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Response extends z.ZodType,
> {
  readonly method: 'GET' | 'POST';
  /** With `:name` for a path parameter, as fastify writes it. */
  readonly path: string;
  readonly role: Role;
  readonly summary: string;
  /** True for a route that answers with a stream of events. */
  readonly streams?: true;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly response: Response;
  readonly example?: RouteExample;
  readonly handle: (
    request: ApiRequest<z.output<Params>, z.output<Query>, z.output<Body>>,
  ) => Promise<ApiReply<z.input<Response>>>;
}

/** A route whose schemas serve three masters: they parse what comes in, make the OpenAPI document and hold the tests. */
export interface ApiRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly role: Role;
  readonly summary: string;
  readonly streams?: true;
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  readonly body: z.ZodType;
  readonly response: z.ZodType;
  readonly example?: RouteExample;
  readonly run: (raw: ApiRequest<unknown, unknown, unknown>) => Promise<ApiReply<unknown>>;
}

/** Closes a definition over its types. Throws `ZodError` from `run` when the request does not fit the schemas. */
export function defineRoute<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Response extends z.ZodType,
>(definition: RouteDefinition<Params, Query, Body, Response>): ApiRoute {
  const { handle, ...route } = definition;
  return {
    ...route,
    run: async (raw) =>
      await handle({
        ...raw,
        params: definition.params.parse(raw.params),
        query: definition.query.parse(raw.query),
        body: definition.body.parse(raw.body ?? {}),
      }),
  };
}
