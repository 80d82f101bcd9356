import type { CurvePoint } from '../../../services/optimizer/clustering/calibrate-thresholds.ts';
import type { Embedder } from '../../../services/optimizer/clustering/embedders/embedder.ts';

const WIDTH = 640;
const HEIGHT = 320;
const MARGIN = 44;

const SERIES = [
  { name: 'B3 F', colour: '#1f6feb', of: (point: CurvePoint) => point.b3f },
  { name: 'ARI', colour: '#bc4c00', of: (point: CurvePoint) => point.ari },
  { name: 'B3 precision', colour: '#8c959f', of: (point: CurvePoint) => point.b3Precision },
  { name: 'B3 recall', colour: '#57ab5a', of: (point: CurvePoint) => point.b3Recall },
] as const;

/** Agreement over the threshold as a picture: what lies beyond the cliff is seen at once. */
export function thresholdPlot(embedder: Embedder, curve: readonly CurvePoint[]): string {
  const from = curve[0]?.threshold ?? 0;
  const x = (threshold: number) => round(MARGIN + ((threshold - from) / (1 - from)) * (WIDTH - 2 * MARGIN));
  const y = (share: number) => round(HEIGHT - MARGIN - Math.max(0, share) * (HEIGHT - 2 * MARGIN));
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1];
  const { attach, tentative } = embedder.thresholds;
  const mark = (threshold: number, name: string, height: number) =>
    `<line x1="${x(threshold)}" x2="${x(threshold)}" y1="${y(0)}" y2="${y(1)}" stroke="#666" stroke-dasharray="4 3"/>` +
    `<text x="${x(threshold) + 4}" y="${height}" fill="#666">${name} ${threshold}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="11">`,
    `<title>Agreement with labels over the threshold of ${embedder.id}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...ticks.map(
      (tick) =>
        `<line x1="${x(from)}" x2="${x(1)}" y1="${y(tick)}" y2="${y(tick)}" stroke="#ddd"/>` +
        `<text x="${MARGIN - 6}" y="${y(tick) + 4}" text-anchor="end">${tick}</text>`,
    ),
    ...ticks
      .filter((tick) => tick >= from)
      .map((tick) => `<text x="${x(tick)}" y="${y(0) + 16}" text-anchor="middle">${tick}</text>`),
    `<text x="${WIDTH / 2}" y="${HEIGHT - 8}" text-anchor="middle">cosine from which a template joins</text>`,
    mark(attach, 'attach', y(0.12)),
    mark(tentative, 'tentative', y(0.04)),
    ...SERIES.map(({ name, colour, of: share }, index) => {
      const points = curve.map((point) => `${x(point.threshold)},${y(share(point))}`).join(' ');
      return (
        `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2"/>` +
        `<text x="${MARGIN + 8 + index * 110}" y="${MARGIN - 16}" fill="${colour}">${name}</text>`
      );
    }),
    '</svg>',
    '',
  ].join('\n');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
