/** One judge with one version of a rubric: what calibration and anchors are about, as one text. */
export function judgeKey({
  rubric,
  rubricVersion,
  judge,
}: {
  readonly rubric: string;
  readonly rubricVersion: string;
  readonly judge: string;
}): string {
  return JSON.stringify([rubric, rubricVersion, judge]);
}
