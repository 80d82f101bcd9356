/** One line of a plot: a value for each place on the axis. */
export interface PlotLine {
  readonly name: string;
  readonly values: readonly number[];
}

const WIDTH = 640;
const HEIGHT = 320;
const LEFT = 48;
const RIGHT = 150;
const TOP = 32;
const BOTTOM = 40;
/** Okabe and Ito: told apart by people who see colours otherwise, too. */
const COLOURS = ['#000000', '#E69F00', '#56B4E9', '#009E73', '#D55E00', '#CC79A7'];
const DASHES = ['', '6 3', '2 3', '8 3 2 3', '4 2', '1 3'];

/** Scores from 0 to 1 over named places, as SVG. */
export function linePlot(title: string, places: readonly string[], lines: readonly PlotLine[]): string {
  const x = (index: number) => LEFT + (index * (WIDTH - LEFT - RIGHT)) / Math.max(1, places.length - 1);
  const y = (value: number) => TOP + (1 - value) * (HEIGHT - TOP - BOTTOM);
  const text = (atX: number, atY: number, words: string, anchor = 'middle') =>
    `<text x="${atX}" y="${atY}" text-anchor="${anchor}" font-family="sans-serif" font-size="12">${words}</text>`;
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (value) =>
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value)}" y2="${y(value)}" stroke="#ddd"/>${text(LEFT - 6, y(value) + 4, String(value), 'end')}`,
  );
  const drawn = lines.map(({ name, values }, index) => {
    const colour = COLOURS[index % COLOURS.length] ?? '#000';
    const dash = DASHES[index % DASHES.length] ?? '';
    const points = values.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    const legendY = TOP + 10 + index * 20;
    const legendX = WIDTH - RIGHT + 12;
    return `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"/>
<line x1="${legendX}" x2="${legendX + 24}" y1="${legendY}" y2="${legendY}" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"/>${text(legendX + 30, legendY + 4, name, 'start')}`;
  });
  const axis = places.map((place, index) => text(x(index), HEIGHT - BOTTOM + 18, place));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
${text(LEFT, 18, title, 'start')}
${[...grid, ...drawn, ...axis].join('\n')}
${text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, 'task calls')}
</svg>
`;
}
