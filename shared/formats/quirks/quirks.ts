import { GEMINI_QUIRKS } from './gemini-quirks.ts';
import { MESSAGE_QUIRKS } from './message-quirks.ts';
import { PARAMETER_QUIRKS } from './parameter-quirks.ts';
import { REASONING_QUIRKS } from './reasoning-quirks.ts';

/** Deviations that a provider can be configured with, by name. */
export const QUIRKS = { ...PARAMETER_QUIRKS, ...MESSAGE_QUIRKS, ...REASONING_QUIRKS, ...GEMINI_QUIRKS };

export type QuirkName = keyof typeof QUIRKS;

/** Every name, for whoever checks or lists them. */
export const QUIRK_NAMES: readonly string[] = Object.keys(QUIRKS);

export function isQuirkName(name: string): name is QuirkName {
  return Object.hasOwn(QUIRKS, name);
}
