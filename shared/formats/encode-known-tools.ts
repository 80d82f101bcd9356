import type { CanonicalTool } from './canonical.ts';
import type { EncodeTarget } from './encode-target.ts';
import type { Encoding } from './encoding.ts';
import { isKnownValue } from './known-values.ts';
import { type Loss, mergeLosses } from './loss.ts';
import { writeOnce } from './write-once.ts';

type Tools = readonly CanonicalTool[];
type EncodeTools<Tool> = (encoding: Encoding, tools: Tools) => readonly Tool[];

interface Made<Tool> {
  readonly tools: readonly Tool[];
  readonly losses: readonly Loss[];
}

/**
 * Keeps what known tools were encoded to: the very same list comes out for the same tools and target, and the same
 * losses are noted. Tools that are not known are encoded every time.
 *
 * @param encode is a function of the tools and of the encoding's target alone
 */
export function onceForKnownTools<Tool>(encode: EncodeTools<Tool>): EncodeTools<Tool> {
  const made = new WeakMap<object, WeakMap<EncodeTarget, Made<Tool>>>();
  return (encoding, tools) => {
    if (!isKnownValue(tools)) return encode(encoding, tools);
    const forTargets = made.get(tools) ?? new WeakMap<EncodeTarget, Made<Tool>>();
    made.set(tools, forTargets);
    let known = forTargets.get(encoding.target);
    if (known === undefined) {
      const losses: Loss[] = [];
      known = { tools: Object.freeze(encode({ ...encoding, losses }, tools)), losses };
      writeOnce(known.tools);
      forTargets.set(encoding.target, known);
    }
    mergeLosses(encoding.losses, known.losses);
    return known.tools;
  };
}
