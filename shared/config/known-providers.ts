/** Providers whose address and format are known, so that a configuration needs only their key. */
export const KNOWN_PROVIDERS: ReadonlySet<string> = new Set(['anthropic', 'openai', 'gemini']);
