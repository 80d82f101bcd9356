/** Draws from one seed: the same seed gives the same world on every machine. */
export interface SeededRandom {
  /** Uniform in [0, 1). */
  uniform(): number;
  normal(): number;
  gamma(shape: number): number;
  beta(alpha: number, beta: number): number;
}

/** sfc32 (Doty-Humphrey), which passes PractRand and costs four additions; not for secrets. */
export function createSeededRandom(seed: number): SeededRandom {
  let [a, b, c, counter] = [0x9e3779b9 ^ seed, 0x243f6a88 + seed, 0xb7e15162 ^ (seed << 7), 1];
  const uniform = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let warmUp = 0; warmUp < 15; warmUp += 1) uniform();
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const gamma = (shape: number) => drawGamma(shape, uniform, normal);
  const beta = (alpha: number, betaShape: number) => {
    const left = gamma(alpha);
    const right = gamma(betaShape);
    // Both are exactly zero only when the shapes are tiny; either end is then as likely as its share.
    if (left + right === 0) return uniform() < alpha / (alpha + betaShape) ? 1 : 0;
    return left / (left + right);
  };
  return { uniform, normal, gamma, beta };
}

/** Marsaglia and Tsang (2000); shapes below one are drawn one higher and scaled back. */
function drawGamma(shape: number, uniform: () => number, normal: () => number): number {
  if (shape < 1) return drawGamma(shape + 1, uniform, normal) * (1 - uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}
