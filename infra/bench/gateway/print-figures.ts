import type { GatewayFigure } from './gateway-figures.ts';

/** No counters on this system, or an answer in which nothing was recognised. */
const NOT_KNOWN = 'not known here';

/** Prints figures as tables of Markdown, one for each target that Trimtab is beside. */
export function printFigures(
  { node, processors }: { readonly node: string; readonly processors: number },
  figures: readonly GatewayFigure[],
  peaks: readonly { readonly name: string; readonly peakMemoryMb: number | null }[],
): void {
  console.log(`\nNode ${node}, ${processors} processors`);
  const peers = [...new Set(figures.flatMap(({ beside }) => beside.map(({ peer }) => peer)))];
  for (const peer of peers) {
    console.log(`\n| cell | figure | ${peer} | Trimtab | Trimtab ÷ ${peer} (95 %) | n |`);
    console.log('|---|---|---|---|---|---|');
    for (const { cell, figure, trimtab, beside, n } of figures) {
      const compared = beside.find((each) => each.peer === peer);
      if (compared === undefined) continue;
      const { value, ratio, interval } = compared;
      const [low, high] = interval;
      console.log(
        `| ${cell} | ${figure} | ${rounded(value)} | ${rounded(trimtab)} | ${spread(ratio, low, high)} | ${n} |`,
      );
    }
  }
  for (const { name, peakMemoryMb } of peaks) {
    if (peakMemoryMb !== null) console.log(`\nPeak memory of ${name}: ${rounded(peakMemoryMb)} MB`);
  }
}

function rounded(value: number): string {
  return Number.isNaN(value) ? NOT_KNOWN : Math.round(value).toLocaleString('en');
}

function spread(value: number, low: number, high: number): string {
  return Number.isNaN(value) ? NOT_KNOWN : `${value.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}
