const BILLING_PREFIX = 'x-anthropic-billing-header:';

/**
 * Whether a system text is the client's attribution line. Anthropic strips it while it is the first, separate block;
 * for any other model it is noise that changes between calls and spoils prefix caches.
 */
export function isBillingText(text: string): boolean {
  return text.startsWith(BILLING_PREFIX);
}
