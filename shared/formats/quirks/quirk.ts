import type { EncodeTarget } from '../encode-target.ts';

/** One way in which a server deviates from what every server of its format takes. */
export interface Quirk {
  /** What happens without it. */
  readonly why: string;
  /** The public page or thread that says so. */
  readonly source: string;
  readonly target: Partial<EncodeTarget>;
}
