import { readFileAction } from '../files/file-action.ts';
import { isReadOnlyCommand } from '../files/shell-command.ts';

/** Verbs with which tools are named that look and change nothing. */
const READ_NAME =
  /^(get|read|list|find|search|view|show|fetch|lookup|look_up|query|describe|check|count|retrieve|inspect|glob|grep|ls|cat|head|tail|open|browse|stat|can|is|has)(?=$|[_\-.A-Z])/;

/** Whether a call of a tool changes nothing, as far as its name and arguments tell; false when in doubt. */
export function isReadCall(call: { readonly name: string; readonly input: unknown }): boolean {
  const action = readFileAction(call.name, call.input);
  if (action.type === 'shell') return isReadOnlyCommand(action.command);
  if (action.type === 'read' || action.type === 'harmless') return true;
  if (action.type !== 'other') return false;
  // Tools of servers are named after their server first.
  const own = call.name.split(/__|[.:/]/).at(-1) ?? call.name;
  return READ_NAME.test(own.charAt(0).toLowerCase() + own.slice(1));
}

/** Names and commands that are meant to be asked again until something has happened. */
const WAITS = /wait|poll|sleep|status|progress|output|watch|refresh|running|health|logs?\b|ping/i;

/** Whether asking again is what the tool is there for. */
export function isWaitingCall(call: { readonly name: string; readonly input: unknown }): boolean {
  if (WAITS.test(call.name)) return true;
  const action = readFileAction(call.name, call.input);
  return action.type === 'shell' && WAITS.test(action.command);
}
