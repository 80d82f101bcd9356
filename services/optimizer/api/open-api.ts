import * as z from 'zod';
import { problemSchema } from '#shared/problem.ts';
import type { ApiRoute } from './api-route.ts';

type JsonObject = Record<string, unknown>;

/** The OpenAPI 3.1 document of the routes, made of the very schemas that parse requests. */
export function openApiDocument(routes: readonly ApiRoute[], version: string): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) {
    const path = openApiPath(route.path);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Trimtab',
      version,
      description: 'Control plane: what Trimtab saw, decided and did, and the levers to steer it.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: schemaOf(problemSchema, 'output') },
    },
  };
}

/** `:name` as `{name}`. */
export function openApiPath(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}');
}

function operationOf(route: ApiRoute): JsonObject {
  const parameters = [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')];
  const problem = {
    description: 'A problem',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
  return {
    operationId: `${route.method.toLowerCase()}${route.path.replaceAll(/[^a-zA-Z0-9]+(\w)?/g, (_match, letter: string | undefined) => (letter ?? '').toUpperCase())}`,
    summary: route.summary,
    description: `Takes the role ${route.role}.`,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.method === 'POST'
      ? {
          requestBody: {
            content: {
              'application/json': { schema: schemaOf(route.body, 'input'), ...exampleOf(route.example?.body) },
            },
          },
        }
      : {}),
    responses: {
      200: {
        description: route.streams === true ? 'Events, one JSON document each' : 'Done',
        content: {
          [route.streams === true ? 'text/event-stream' : 'application/json']: {
            schema: schemaOf(route.response, 'output'),
            ...exampleOf(route.example?.response),
          },
        },
      },
      ...Object.fromEntries([400, 401, 403, 404, 409, 503].map((status) => [status, problem])),
    },
  };
}

function exampleOf(example: unknown): JsonObject {
  return example === undefined ? {} : { example };
}

function parametersOf(schema: z.ZodType, place: 'path' | 'query'): JsonObject[] {
  const json = schemaOf(schema, 'input');
  const properties = json['properties'] as Record<string, unknown> | undefined;
  const required = json['required'] as readonly string[] | undefined;
  return Object.entries(properties ?? {}).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || (required?.includes(name) ?? false),
    schema: property,
  }));
}

/** OpenAPI 3.1 takes JSON Schema 2020-12 as it is; moments travel as text. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return json;
}
