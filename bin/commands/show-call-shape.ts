import { TrimtabError } from '#shared/errors.ts';
import { type CallShapes, readCallShapes } from '#shared/shapes/read-call-shapes.ts';
import type { CommandContext } from './command-context.ts';
import { printJson, printLine, printNote } from './print.ts';

const SHAPES = ['request', 'upstream', 'raw', 'delivered'] as const satisfies readonly (keyof CallShapes)[];

/** Prints one form of a call; standard error says in which way it is not what went over the wire. */
export async function showCallShape(
  context: CommandContext,
  asked: { readonly callId: string; readonly shape: string; readonly json: boolean },
): Promise<void> {
  const name = SHAPES.find((shape) => shape === asked.shape);
  if (name === undefined) {
    throw new TrimtabError('invalid_request', `--shape is one of ${SHAPES.join(', ')}, not "${asked.shape}"`);
  }
  const shapes = await readCallShapes(
    await context.database(),
    await context.config(),
    await context.project(),
    asked.callId,
  );
  const shape = shapes?.[name];
  if (shape === undefined) throw new TrimtabError('not_found', `there is no call ${asked.callId}`);
  if (asked.json) {
    printJson(context, { shape: name, ...shape });
    return;
  }
  if (shape.text === null) {
    throw new TrimtabError('not_found', `the call has no ${name}: ${shape.missing?.replaceAll('_', ' ') ?? 'unknown'}`);
  }
  if (!shape.isExact) {
    const reasons = shape.inexact.join(', ').replaceAll('_', ' ');
    printNote(context, `${shape.format}; not byte for byte what went over the wire: ${reasons}`);
  }
  // A file or a pipe gets what there is; a terminal would obey it.
  if ('isTTY' in context.stdout && context.stdout.isTTY === true) printLine(context, shape.text);
  else context.stdout.write(shape.text);
}
