export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Drawn as dots without a line between them. */
  readonly dots?: boolean;
}

export interface LinePlot {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly lines: readonly Line[];
  readonly logX?: boolean;
  readonly logY?: boolean;
}

const WIDTH = 760;
const HEIGHT = 420;
const FRAME = { left: 64, right: 230, top: 40, bottom: 52 } as const;
const TICKS = 5;
/** Told apart by people who see colours differently (Okabe and Ito). */
const COLOURS = ['#d55e00', '#0072b2', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#7f7f7f', '#000000'] as const;

interface Scale {
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
}

/** A plot as SVG text, with its names beside it; lines are told apart by colour and by their dash. */
export function linePlot(plot: LinePlot): string {
  const xs = scaleOf(
    plot.lines.flatMap((line) => line.points.map(([x]) => x)),
    plot.logX ?? false,
    false,
  );
  const ys = scaleOf(
    plot.lines.flatMap((line) => line.points.map(([, y]) => y)),
    plot.logY ?? false,
    true,
  );
  const x = (value: number) => FRAME.left + share(xs, value) * (WIDTH - FRAME.left - FRAME.right);
  const y = (value: number) => HEIGHT - FRAME.bottom - share(ys, value) * (HEIGHT - FRAME.top - FRAME.bottom);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" role="img">`,
    `<title>${escaped(plot.title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(FRAME.left, 22, plot.title, 'start', 15),
    ...ticksOf(xs).flatMap((tick) => [
      `<line x1="${at(x(tick))}" y1="${FRAME.top}" x2="${at(x(tick))}" y2="${HEIGHT - FRAME.bottom}" stroke="#e5e5e5"/>`,
      text(x(tick), HEIGHT - FRAME.bottom + 18, label(tick), 'middle'),
    ]),
    ...ticksOf(ys).flatMap((tick) => [
      `<line x1="${FRAME.left}" y1="${at(y(tick))}" x2="${WIDTH - FRAME.right}" y2="${at(y(tick))}" stroke="#e5e5e5"/>`,
      text(FRAME.left - 8, y(tick) + 4, label(tick), 'end'),
    ]),
    text((FRAME.left + WIDTH - FRAME.right) / 2, HEIGHT - 12, plot.xTitle, 'middle'),
    `<text transform="translate(16 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle" fill="#333333">${escaped(plot.yTitle)}</text>`,
    ...plot.lines.flatMap((line, index) => drawn(line, index, x, y)),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

function drawn(line: Line, index: number, x: (value: number) => number, y: (value: number) => number): string[] {
  const colour = COLOURS[index % COLOURS.length] ?? '#000000';
  const dash = index < COLOURS.length ? '' : ' stroke-dasharray="5 3"';
  const points = line.points.map(([left, right]) => `${at(x(left))},${at(y(right))}`).join(' ');
  const legendY = FRAME.top + 12 + index * 20;
  return [
    ...(line.dots === true
      ? []
      : [`<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>`]),
    ...line.points.map(
      ([left, right]) => `<circle cx="${at(x(left))}" cy="${at(y(right))}" r="3.5" fill="${colour}"/>`,
    ),
    `<circle cx="${WIDTH - FRAME.right + 18}" cy="${legendY - 4}" r="4" fill="${colour}"/>`,
    text(WIDTH - FRAME.right + 28, legendY, line.name, 'start'),
  ];
}

function scaleOf(values: readonly number[], log: boolean, fromZero: boolean): Scale {
  const finite = values.filter((value) => Number.isFinite(value) && (!log || value > 0));
  const low = Math.min(...finite);
  const high = Math.max(...finite);
  if (log) return { low: Math.log10(low), high: Math.log10(high), log };
  const least = fromZero ? Math.min(0, low) : low;
  return { low: least, high: high === least ? least + 1 : high, log };
}

function share(scale: Scale, value: number): number {
  const placed = scale.log ? Math.log10(Math.max(value, 10 ** scale.low)) : value;
  return (placed - scale.low) / (scale.high - scale.low || 1);
}

function ticksOf(scale: Scale): number[] {
  return Array.from({ length: TICKS + 1 }, (_, tick) => {
    const placed = scale.low + ((scale.high - scale.low) * tick) / TICKS;
    return scale.log ? 10 ** placed : placed;
  });
}

function text(x: number, y: number, content: string, anchor: string, size = 12): string {
  return `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}" font-size="${size}" fill="#333333">${escaped(content)}</text>`;
}

function label(value: number): string {
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function at(value: number): string {
  return value.toFixed(1);
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
