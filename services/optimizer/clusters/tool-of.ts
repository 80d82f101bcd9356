const TOOL = /\ba call of ([A-Za-z0-9_.:-]{1,128})/;

/** The tool whose call failed, where the explanation of the score names it as scorers do; null elsewhere. */
export function toolOf(explanation: string | null): string | null {
  const name = TOOL.exec(explanation ?? '')?.[1]?.replace(/[.:-]+$/, '');
  return name === undefined || name === '' ? null : name;
}
