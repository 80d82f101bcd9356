/** One thing that `trimtab doctor` looked at. */
export interface Check {
  readonly name: string;
  /** Null when it could not be looked at, or does not matter here; `detail` says why. */
  readonly ok: boolean | null;
  readonly detail: string;
  /** What to do about it; null when there is nothing to do. */
  readonly fix: string | null;
}

export function passed(name: string, detail: string): Check {
  return { name, ok: true, detail, fix: null };
}

export function failed(name: string, detail: string, fix: string): Check {
  return { name, ok: false, detail, fix };
}

export function skipped(name: string, detail: string): Check {
  return { name, ok: null, detail, fix: null };
}

/** Looks at something that may throw; what it throws is the finding. */
export async function attempt(name: string, fix: string, look: () => Check | Promise<Check>): Promise<Check> {
  try {
    return await look();
  } catch (error) {
    return failed(name, error instanceof Error ? error.message : String(error), fix);
  }
}
