import { dropCountOf, type Frame, NO_CALL_ID } from './frame.ts';

/** What happened to the calls of one project, counted from the frames of the log. */
export interface ProjectTotals {
  /** Calls with a durable record. */
  readonly records: number;
  /** Calls whose record was given up because the spool was full or the record too large. */
  readonly dropped: number;
  /** Calls that a crash left without a durable record. */
  readonly lost: number;
}

/**
 * The log folded up to a point. Counts are a function of the frames alone, so that whatever is lost on the way to the
 * database cannot be hidden by the counting.
 */
export interface SpoolState {
  readonly sequence: number;
  readonly projects: ReadonlyMap<string, ProjectTotals>;
  /** Calls with a begin marker and nothing else yet: call id to project id. */
  readonly open: ReadonlyMap<string, string>;
}

/** Drops of calls without a marker, as one count. */
export interface CountedDrops {
  readonly batchId: string;
  readonly projectId: string;
  readonly count: number;
}

export const NO_TOTALS: ProjectTotals = { records: 0, dropped: 0, lost: 0 };

/** Folds frames into a state, in place, because a state lives as long as its spool and is touched at every call. */
export class SpoolFold implements SpoolState {
  sequence: number;
  readonly projects: Map<string, ProjectTotals>;
  readonly open: Map<string, string>;

  constructor(from?: SpoolState) {
    this.sequence = from?.sequence ?? 0;
    this.projects = new Map(from?.projects);
    this.open = new Map(from?.open);
  }

  /** False for a frame that was folded before: a group whose sync failed is written again elsewhere. */
  apply(frame: Frame): boolean {
    if (frame.sequence <= this.sequence) return false;
    this.sequence = frame.sequence;
    if (frame.type === 'begin') {
      this.open.set(frame.callId, frame.projectId);
      this.#add(frame.projectId, NO_TOTALS);
      return true;
    }
    if (frame.callId !== NO_CALL_ID) this.open.delete(frame.callId);
    if (frame.type === 'record') this.#add(frame.projectId, { ...NO_TOTALS, records: 1 });
    else if (frame.type === 'drop') this.#add(frame.projectId, { ...NO_TOTALS, dropped: dropCountOf(frame) });
    else this.#add(frame.projectId, { ...NO_TOTALS, lost: 1 });
    return true;
  }

  /** Adds drops that stand in no frame: a full spool must not grow by counting. */
  addDrops({ projectId, count }: CountedDrops): void {
    this.#add(projectId, { ...NO_TOTALS, dropped: count });
  }

  #add(projectId: string, change: ProjectTotals): void {
    const known = this.projects.get(projectId) ?? NO_TOTALS;
    this.projects.set(projectId, {
      records: known.records + change.records,
      dropped: known.dropped + change.dropped,
      lost: known.lost + change.lost,
    });
  }
}
