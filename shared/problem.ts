import * as z from 'zod';
import { TrimtabError } from './errors.ts';

/** An error as RFC 9457 writes it; `code` is the stable name of the error catalogue. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  code: z.string(),
  retryable: z.boolean(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});

export type Problem = z.infer<typeof problemSchema>;

/** PostgreSQL's and the network's words for "not there right now". */
const UNAVAILABLE = /^(08|57P0|53)|^(ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE)$/;

/** Any error as a problem. What is not in the catalogue is `internal`, and its text stays in the log. */
export function toProblem(error: unknown): Problem {
  if (error instanceof z.ZodError) {
    const errors = error.issues.map((issue) => ({ pointer: `/${issue.path.join('/')}`, detail: issue.message }));
    return problemOf('invalid_request', 400, 'the request does not fit the schema', false, { errors });
  }
  if (error instanceof TrimtabError) {
    const details = Object.keys(error.details).length === 0 ? {} : { details: { ...error.details } };
    return problemOf(error.code, error.status, error.message, error.retryable, details);
  }
  if (error instanceof Error && 'code' in error && UNAVAILABLE.test(String(error.code))) {
    return problemOf('store_unavailable', 503, 'the database does not answer', true, {});
  }
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status >= 400 && status < 500 && error instanceof Error) {
    return problemOf('invalid_request', status, error.message, false, {});
  }
  return problemOf('internal', 500, 'something went wrong inside; the log has more', false, {});
}

function problemOf(
  code: string,
  status: number,
  detail: string,
  retryable: boolean,
  rest: Partial<Pick<Problem, 'errors' | 'details'>>,
): Problem {
  return {
    type: `urn:trimtab:error:${code}`,
    title: code.replaceAll('_', ' '),
    status,
    detail,
    code,
    retryable,
    ...rest,
  };
}
