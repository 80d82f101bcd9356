import { isBillingText } from '../formats/billing-block.ts';
import type { CanonicalBody } from '../formats/canonical.ts';

type SystemBlocks = Exclude<NonNullable<CanonicalBody['system']>, string>;

/**
 * Puts a policy's prompt prefix into a request, as a system block of its own that leads the client's prompt. The
 * client's attribution block stays first and untouched, because Anthropic strips it only there; encoders for other
 * upstreams strip it anyway. Leading also keeps the prefix before every cache breakpoint, so that it is cached with
 * what follows. Returns a new body; the blocks of the old one are shared, not copied.
 */
export function placePrefix(body: CanonicalBody, prefix: string): CanonicalBody {
  const prefixBlock = { type: 'text' as const, text: prefix };
  const system: SystemBlocks =
    typeof body.system === 'string'
      ? body.system === ''
        ? []
        : [{ type: 'text', text: body.system }]
      : (body.system ?? []);
  const first = system[0];
  if (first === undefined || !isBillingText(first.text)) return { ...body, system: [prefixBlock, ...system] };
  return { ...body, system: [first, prefixBlock, ...system.slice(1)] };
}
