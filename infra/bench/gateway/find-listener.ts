import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** States of `/proc/net/tcp`: 0A is a socket that listens. */
const LISTENING = '0A';

/** Id of the process of this machine that listens on a port; null when there is none, or it is somebody else's. */
export function findListener(port: number): number | null {
  const socket = socketOf(port);
  if (socket === null) return null;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (openFilesOf(pid).includes(`socket:[${socket}]`)) return Number(pid);
  }
  return null;
}

function socketOf(port: number): string | null {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of linesOf(table)) {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === LISTENING && local.endsWith(wanted)) return inode ?? null;
    }
  }
  return null;
}

function linesOf(path: string): readonly string[] {
  return attempt(() => readFileSync(path, 'utf8').split('\n').slice(1), []);
}

/** A process or a file may be gone between the listing and the look, or belong to another user. */
function openFilesOf(pid: string): readonly string[] {
  return attempt(() => readdirSync(`/proc/${pid}/fd`), []).map((file) =>
    attempt(() => readlinkSync(`/proc/${pid}/fd/${file}`), ''),
  );
}

function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
