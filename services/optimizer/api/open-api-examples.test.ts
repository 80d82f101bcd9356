import { describe, expect, it } from 'vitest';
import { apiRoutes } from '../server.ts';
import type { ApiDeps } from './api-deps.ts';
import { openApiDocument } from './open-api.ts';

const routes = apiRoutes(new Proxy({} as ApiDeps, { get: () => undefined }));
const examples = routes.flatMap((route) => (route.example === undefined ? [] : [{ route, example: route.example }]));

describe('the examples of the documentation', () => {
  it('are there for every route of clusters', () => {
    const without = routes.filter(({ path, example }) => /\/cluster/.test(path) && example === undefined);
    expect(without.map(({ path }) => path)).toEqual([]);
    expect(examples.length).toBeGreaterThan(12);
  });

  it.each(examples.map(({ route, example }) => [`${route.method} ${route.path}`, route, example] as const))(
    'fit the schemas: %s',
    (_name, route, example) => {
      // Unknown members are dropped by a parse: what is shown must be all of what is sent.
      expect(route.response.parse(example.response)).toEqual(example.response);
      if (example.body !== undefined) expect(route.body.parse(example.body)).toMatchObject(example.body as object);
      if (example.query !== undefined) {
        expect(route.query.safeParse(Object.fromEntries(new URLSearchParams(example.query)))).toMatchObject({
          success: true,
        });
      }
    },
  );

  it('are in the OpenAPI document', () => {
    const document = JSON.stringify(openApiDocument(routes, '1.0.0'));
    for (const { example } of examples) expect(document).toContain(JSON.stringify(example.response));
  });
});
