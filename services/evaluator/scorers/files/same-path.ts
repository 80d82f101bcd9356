/** A path without `.` and doubled slashes, `..` taken back; slashes as POSIX has them. */
export function normalisePath(path: string): string {
  const parts: string[] = [];
  const slashed = path.replaceAll('\\', '/').replace(/^file:\/\//, '');
  for (const part of slashed.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else parts.push(part);
  }
  return `${slashed.startsWith('/') ? '/' : ''}${parts.join('/')}`;
}

/** Whether two paths name one file; a relative one may stand anywhere. */
export function isSamePath(left: string, right: string): boolean {
  const [a, b] = [normalisePath(left), normalisePath(right)];
  return a === b || (!b.startsWith('/') && a.endsWith(`/${b}`)) || (!a.startsWith('/') && b.endsWith(`/${a}`));
}

export function baseName(path: string): string {
  return normalisePath(path).split('/').at(-1) ?? '';
}
