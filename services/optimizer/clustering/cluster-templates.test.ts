import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignTemplate, type LiveCluster } from './assign-template.ts';
import { chooseExemplars, EXEMPLARS_MAX } from './choose-exemplars.ts';
import { type ClusterTemplate, classOf } from './cluster-template.ts';
import { clusterTemplates } from './cluster-templates.ts';
import { normalise, similarityOf } from './embedders/embedder.ts';
import type { Pin } from './pins.ts';
import { resolvePins } from './resolve-pins.ts';

const THRESHOLDS = { attach: 0.8, tentative: 0.6 };

/** A template that points somewhere in the plane. */
function template(id: string, degrees: number, facts: Partial<ClusterTemplate> = {}): ClusterTemplate {
  const angle = (degrees * Math.PI) / 180;
  const vector = normalise(Float32Array.of(Math.cos(angle), Math.sin(angle)));
  return { id, stage: 'tool_use', check: 'type_mismatch', mass: 1, vector, ...facts };
}

const templates = fc
  .uniqueArray(
    fc.record({
      id: fc.integer({ min: 0, max: 30 }).map(String),
      degrees: fc.integer({ min: 0, max: 180 }),
      mass: fc.integer({ min: 1, max: 4 }),
      check: fc.constantFrom('type_mismatch', 'unknown_tool'),
      stage: fc.constantFrom('tool_use', 'stream'),
    }),
    { selector: ({ id }) => id, maxLength: 25 },
  )
  .map((all) => all.map(({ id, degrees, ...facts }) => template(id, degrees, facts)));

/** Templates that all belong together by likeness and class: only a pin keeps them apart. */
const crowded = templates.map((all) => all.map(({ id, mass }) => template(id, Number(id), { mass })));

const pinsAmong = fc.array(
  fc.record({
    kind: fc.constantFrom('together' as const, 'apart' as const),
    templateIds: fc.tuple(fc.nat({ max: 30 }).map(String), fc.nat({ max: 30 }).map(String)),
  }),
  { maxLength: 8 },
);

describe('clusters of templates', () => {
  it('are the same in whatever order the templates come', () => {
    fc.assert(
      fc.property(templates, pinsAmong, fc.infiniteStream(fc.nat()), (all, pins, order) => {
        const shuffled = all
          .map((each) => ({ each, at: order.next().value }))
          .sort((left, right) => left.at - right.at)
          .map(({ each }) => each);
        const options = { thresholds: THRESHOLDS, pins };
        expect(clusterTemplates(shuffled, options)).toEqual(clusterTemplates(all, options));
      }),
      { numRuns: 200 },
    );
  });

  it('hold each template once, with its failures', () => {
    fc.assert(
      fc.property(templates, pinsAmong, (all, pins) => {
        const clusters = clusterTemplates(all, { thresholds: THRESHOLDS, pins });
        expect(clusters.flatMap((cluster) => cluster.templateIds).sort()).toEqual(all.map(({ id }) => id).sort());
        const mass = (each: readonly { readonly mass: number }[]) => each.reduce((sum, { mass: own }) => sum + own, 0);
        expect(mass(clusters)).toBe(mass(all));
        for (const cluster of clusters) {
          expect(cluster.exemplarIds.length).toBeLessThanOrEqual(EXEMPLARS_MAX);
          expect(cluster.templateIds).toEqual(expect.arrayContaining([...cluster.exemplarIds]));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('never mix stages or checks by themselves', () => {
    fc.assert(
      fc.property(templates, (all) => {
        const byId = new Map(all.map((each) => [each.id, each]));
        for (const { templateIds } of clusterTemplates(all, { thresholds: { attach: -1, tentative: -1 } })) {
          expect(new Set(templateIds.map((id) => classOf(byId.get(id)!))).size).toBe(1);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('do what people pinned, the newest word before older ones', () => {
    fc.assert(
      fc.property(crowded, pinsAmong, (all, pins) => {
        const clusters = clusterTemplates(all, { thresholds: THRESHOLDS, pins });
        const clusterOf = new Map(clusters.flatMap(({ key, templateIds }) => templateIds.map((id) => [id, key])));
        const { overruled } = resolvePins(pins);
        for (const pin of pins.filter((each) => !overruled.includes(each))) {
          const [one, other] = pin.templateIds.map((id) => clusterOf.get(id));
          if (one === undefined || other === undefined) continue;
          if (pin.kind === 'together') expect(one).toBe(other);
          else expect(one).not.toBe(other);
        }
        const newest = pins.at(-1);
        if (newest !== undefined && newest.templateIds[0] !== newest.templateIds[1]) {
          expect(overruled).not.toContain(newest);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('let the heaviest lead, so that a chain of neighbours does not run together', () => {
    const chain = [0, 30, 60, 90].map((degrees, index) => template(`t${index}`, degrees, { mass: 10 + index }));
    const clusters = clusterTemplates(chain, { thresholds: THRESHOLDS });
    expect(clusters.map(({ templateIds }) => templateIds)).toEqual([
      ['t3', 't2'],
      ['t1', 't0'],
    ]);
  });

  it('take a merge by a person across checks, and then attach what is like either', () => {
    const [a, b, c] = [
      template('a', 0, { mass: 9 }),
      template('b', 90, { check: 'unknown_tool', mass: 5 }),
      template('c', 5, { check: 'unknown_tool' }),
    ];
    const pins: Pin[] = [{ kind: 'together', templateIds: ['a', 'b'] }];
    const [first] = clusterTemplates([a, b, c], { thresholds: THRESHOLDS, pins });
    expect(first?.templateIds).toEqual(['a', 'b', 'c']);
  });
});

describe('exemplars', () => {
  it('begin with the medoid and then cover what it does not', () => {
    const members = [template('left', 0), template('middle', 40, { mass: 3 }), template('right', 80)];
    expect(chooseExemplars(members).map(({ id }) => id)).toEqual(['middle', 'left', 'right']);
  });

  it('leave out what says nothing new', () => {
    expect(chooseExemplars([template('a', 10, { mass: 2 }), template('b', 10)]).map(({ id }) => id)).toEqual(['a']);
  });
});

describe('the place of a new template', () => {
  const cluster = (id: string, ...exemplars: readonly ClusterTemplate[]): LiveCluster => ({
    ...{ id, exemplars, templateIds: exemplars.map((exemplar) => exemplar.id) },
  });
  const clusters = [cluster('east', template('a', 0)), cluster('north', template('b', 90))];
  const options = { thresholds: THRESHOLDS };

  it('is a sure one, a doubtful one or a new one, by likeness', () => {
    expect(assignTemplate(template('x', 20), clusters, options)).toMatchObject({ kind: 'attach', clusterId: 'east' });
    expect(assignTemplate(template('x', 48), clusters, options)).toMatchObject({
      kind: 'tentative',
      clusterId: 'north',
    });
    expect(assignTemplate(template('x', 180), clusters, options)).toMatchObject({
      ...{ kind: 'new', nearestClusterId: 'north' },
    });
    expect(assignTemplate(template('x', 0), [], options)).toEqual({
      kind: 'new',
      nearestClusterId: null,
      similarity: 0,
    });
  });

  it('is never in another check, and never where a person said no', () => {
    const stranger = template('x', 0, { check: 'unknown_tool' });
    expect(assignTemplate(stranger, clusters, options).kind).toBe('new');
    const pins: Pin[] = [{ kind: 'apart', templateIds: ['x', 'a'] }];
    expect(assignTemplate(template('x', 0), clusters, { ...options, pins }).kind).toBe('new');
    const wanted: Pin[] = [{ kind: 'together', templateIds: ['x', 'b'] }];
    expect(assignTemplate(template('x', 0), clusters, { ...options, pins: wanted })).toMatchObject({
      ...{ kind: 'attach', clusterId: 'north' },
    });
  });

  it('does not depend on the order of the clusters, even on a tie', () => {
    const same = [cluster('b', template('1', 0)), cluster('a', template('2', 0))];
    const [forwards, backwards] = [same, same.toReversed()].map((each) =>
      assignTemplate(template('x', 0), each, options),
    );
    expect(forwards).toEqual(backwards);
    expect(forwards).toMatchObject({ clusterId: 'a' });
    expect(similarityOf(template('1', 0).vector, template('2', 0).vector)).toBe(1);
  });
});
