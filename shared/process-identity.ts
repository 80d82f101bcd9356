import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** A process that can be recognised later, although its number may by then belong to another one. */
export interface ProcessRecord {
  readonly pid: number;
  /** When it started, in the machine's own terms; equal only for the very same process. */
  readonly identity: string;
}

/** Position of the start time in /proc/<pid>/stat, counted after the parenthesised name (proc(5), field 22). */
const START_TIME_FIELD = 19;

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function ask(command: string, parameters: readonly string[]): string {
  return spawnSync(command, parameters, { encoding: 'utf8' }).stdout ?? '';
}

const hasProcFolder = existsSync('/proc/self/stat');

/** The identity of a running process; undefined when there is none by that number, or only its zombie. */
export function processIdentity(pid: number): string | undefined {
  if (!hasProcFolder) {
    const [state, ...started] = ask('ps', ['-o', 'stat=,lstart=', '-p', String(pid)])
      .trim()
      .split(/\s+/);
    return state === undefined || state === '' || state.startsWith('Z') ? undefined : started.join(' ');
  }
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name in parentheses may itself contain spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return `${fields[START_TIME_FIELD]}@${readText('/proc/sys/kernel/random/boot_id')?.trim()}`;
}

/** True while exactly this process runs; a new process with the same number does not count. */
export function isRunning(record: ProcessRecord): boolean {
  return processIdentity(record.pid) === record.identity;
}

/** The record of a process that is known to run now; undefined when it has gone already. */
export function recordOf(pid: number): ProcessRecord | undefined {
  const identity = processIdentity(pid);
  return identity === undefined ? undefined : { pid, identity };
}

/** The command line (or the title that a process gave itself) of every process on the machine, by number. */
export function commandLines(): ReadonlyMap<number, string> {
  if (!hasProcFolder) {
    const lines = ask('ps', ['-axo', 'pid=,command=']).split('\n');
    const pairs = lines.map((line) => /^\s*(\d+)\s+(.*)$/.exec(line));
    return new Map(pairs.flatMap((match) => (match === null ? [] : [[Number(match[1]), match[2] ?? ''] as const])));
  }
  const found = new Map<number, string>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const command = readText(`/proc/${name}/cmdline`);
    // Kernel threads and zombies have an empty one.
    if (command) found.set(pid, command.replaceAll('\0', ' ').trim());
  }
  return found;
}
