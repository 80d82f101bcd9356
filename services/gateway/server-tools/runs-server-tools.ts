import type { ServedModel } from '../config.ts';

/**
 * Whether an upstream runs web searches and the like by itself: what speaks the Messages API does, and Vertex, which has
 * Anthropic's models with their web search. Bedrock has the models alone.
 */
export function runsServerTools({ format, provider }: Pick<ServedModel, 'format' | 'provider'>): boolean {
  return format.name === 'anthropic-messages' && provider.hosting !== 'bedrock';
}
