/**
 * So many later calls of its session are searched for what came of a call. A client under test may send one body a hundred
 * thousand times: every call of that session would have all calls behind it read.
 */
export const LATER_CALLS_MAX = 2_000;
