import { sigmoid } from './sigmoid.ts';
import { solveSymmetric } from './solve-symmetric.ts';

/** What was seen: numbers that describe a subject, and whether it came out well. */
export interface LabelledRow {
  readonly values: readonly number[];
  readonly label: 0 | 1;
  /** How many rows it stands for; 1 when absent. */
  readonly weight?: number;
}

export interface LogisticModel {
  readonly weights: readonly number[];
  readonly intercept: number;
}

export interface LogisticOptions {
  /** Pull of each weight towards 0, as the inverse variance of its prior; the intercept is left alone. */
  readonly ridge: number;
}

const STEPS_MAX = 50;
const STEP_MIN = 1e-8;
/** Keeps the curvature of certain rows above nothing. */
const CURVATURE_MIN = 1e-6;
const INTERCEPT_RIDGE = 1e-6;

/**
 * Logistic regression with a ridge, by iteratively reweighted least squares (Newton's method). Steps that would make
 * the fit worse are halved, so that it converges on separable data as well.
 *
 * @throws RangeError without a row
 */
export function fitLogistic(rows: readonly LabelledRow[], { ridge }: LogisticOptions): LogisticModel {
  const size = rows[0]?.values.length;
  if (size === undefined) throw new RangeError('nothing to fit a logistic regression on');
  let point = new Float64Array(size + 1);
  let loss = lossAt(rows, point, ridge);
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const direction = newtonStep(rows, point, ridge);
    let scale = 1;
    let next = moved(point, direction, scale);
    let nextLoss = lossAt(rows, next, ridge);
    while (nextLoss > loss && scale > STEP_MIN) {
      scale /= 2;
      next = moved(point, direction, scale);
      nextLoss = lossAt(rows, next, ridge);
    }
    const largest = direction.reduce((most, value) => Math.max(most, Math.abs(value * scale)), 0);
    if (nextLoss <= loss) [point, loss] = [next, nextLoss];
    if (largest < STEP_MIN || scale <= STEP_MIN) break;
  }
  return { weights: [...point.subarray(0, size)], intercept: point[size] ?? 0 };
}

/** Log-odds of the label 1. */
export function logOddsOf(model: LogisticModel, values: readonly number[]): number {
  return model.weights.reduce((sum, weight, index) => sum + weight * (values[index] ?? 0), model.intercept);
}

function moved(point: Float64Array, direction: Float64Array, scale: number): Float64Array<ArrayBuffer> {
  return Float64Array.from(point, (value, index) => value + scale * (direction[index] ?? 0));
}

function dot(point: Float64Array, values: readonly number[]): number {
  let sum = point[values.length] ?? 0;
  for (let index = 0; index < values.length; index += 1) sum += (point[index] ?? 0) * (values[index] ?? 0);
  return sum;
}

function lossAt(rows: readonly LabelledRow[], point: Float64Array, ridge: number): number {
  let loss = 0;
  for (const { values, label, weight = 1 } of rows) {
    const z = dot(point, values);
    // log(1 + exp(z)) without overflow.
    loss += weight * (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - label * z);
  }
  const last = point.length - 1;
  for (const [index, value] of point.entries()) {
    loss += ((index === last ? INTERCEPT_RIDGE : ridge) * value * value) / 2;
  }
  return loss;
}

function newtonStep(rows: readonly LabelledRow[], point: Float64Array, ridge: number): Float64Array {
  const size = point.length;
  const curvature = Array.from({ length: size }, () => new Float64Array(size));
  const slope = new Float64Array(size);
  for (const { values, label, weight = 1 } of rows) {
    const probability = sigmoid(dot(point, values));
    const miss = weight * (label - probability);
    const bend = weight * Math.max(CURVATURE_MIN, probability * (1 - probability));
    for (const [i, row] of curvature.entries()) {
      const left = i < size - 1 ? (values[i] ?? 0) : 1;
      slope[i] = (slope[i] ?? 0) + miss * left;
      for (let j = 0; j <= i; j += 1) {
        row[j] = (row[j] ?? 0) + bend * left * (j < size - 1 ? (values[j] ?? 0) : 1);
      }
    }
  }
  for (const [index, row] of curvature.entries()) {
    const pull = index === size - 1 ? INTERCEPT_RIDGE : ridge;
    row[index] = (row[index] ?? 0) + pull;
    slope[index] = (slope[index] ?? 0) - pull * (point[index] ?? 0);
  }
  return solveSymmetric(curvature, slope);
}
