import type { PayloadFormat } from './payloads.ts';

/** Something on this machine that takes calls. */
export interface Target {
  readonly name: string;
  readonly port: number;
  /** Whose processor time and memory are counted. */
  readonly pid: number;
  readonly format: PayloadFormat;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What it knows a model by; `{model}` stands for the name that the model server knows. */
  readonly modelTemplate: string;
}

/** The model server itself, asked without anything between. */
export const DIRECT = 'direct';
export const PASS_THROUGH = 'pass-through';
export const TRIMTAB = 'trimtab';
