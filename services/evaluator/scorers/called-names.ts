import { encodeToolName } from '#shared/formats/tool-name.ts';
import { type Mangling, meantTool } from './meant-tool.ts';
import type { ScoringSubject } from './scoring-subject.ts';

/** A called name that the catalogue does not have. */
export interface StrangeName {
  readonly pointer: string;
  readonly name: string;
  /** The tool that it resembles; null when there is none. */
  readonly meant: { readonly name: string; readonly mangling: Mangling } | null;
  /** Whose doing it is: the upstream called it so, or only the client was told so. Null where that is not known. */
  readonly fromUpstream: boolean | null;
  /** False where only the upstream had it, and the client got a name of the catalogue. */
  readonly isDelivered: boolean;
}

/** All strange names of a reply, those that were delivered first. Null without a catalogue. */
export function findStrangeNames({ catalogue, delivered, raw }: ScoringSubject): readonly StrangeName[] | null {
  if (catalogue === null) return null;
  const names = [...catalogue.keys()];
  // The upstream knows a shortened name by that name only; undone, it is the client's.
  const isKnownUpstream = (name: string) => catalogue.has(name) || names.some((own) => encodeToolName(own) === name);
  const calls = delivered?.toolCalls ?? [];
  const rawNames = raw?.toolCalls.map((call) => call.name) ?? null;
  const strange: StrangeName[] = [];
  for (const [index, call] of calls.entries()) {
    if (catalogue.has(call.name)) continue;
    const paired = rawNames?.length === calls.length ? rawNames[index] : undefined;
    const meant = meantTool(call.name, names);
    const fromUpstream =
      rawNames === null
        ? null
        : paired === undefined
          ? rawNames.some((name) => !isKnownUpstream(name))
          : !isKnownUpstream(paired);
    strange.push({ pointer: call.pointer, name: call.name, meant, fromUpstream, isDelivered: true });
  }
  if (strange.length > 0) return strange;
  for (const name of rawNames ?? []) {
    if (isKnownUpstream(name)) continue;
    const meant = meantTool(name, names);
    strange.push({ pointer: '/upstreamRaw', name, meant, fromUpstream: true, isDelivered: delivered === null });
  }
  return strange;
}
