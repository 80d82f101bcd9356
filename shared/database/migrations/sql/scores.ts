/**
 * Scores. `not_applicable` is never a row: a scoring_run holds one bitmap of what passed and one of what did not
 * apply, in the order of the scorer set's version, and score rows exist for failures, unknowns, judges and metrics.
 */
export const SCORE_TABLES = `
CREATE TABLE scoring_run (
  project_id text NOT NULL,
  call_id uuid NOT NULL,
  scorer_set text NOT NULL,
  pass text NOT NULL,
  passed bytea NOT NULL,
  not_applicable bytea NOT NULL,
  scored_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (call_id, project_id, scorer_set, pass)
);

CREATE TABLE score (
  project_id text NOT NULL,
  call_id uuid NOT NULL,
  subject_type text NOT NULL CHECK (subject_type IN ('call', 'session')),
  subject_id text NOT NULL,
  scorer text NOT NULL,
  scorer_version text NOT NULL,
  pass text NOT NULL CHECK (pass IN ('call', 'outcome', 'session')),
  sample integer NOT NULL DEFAULT 0,
  metric text NOT NULL,
  status text NOT NULL CHECK (status IN ('scored', 'abstained', 'judge_error')),
  outcome text NOT NULL CHECK (outcome IN ('pass', 'fail', 'unknown')),
  value double precision CHECK (value BETWEEN 0 AND 1),
  owner text,
  severity text,
  confidence double precision,
  sampling_probability double precision NOT NULL DEFAULT 1,
  evidence jsonb NOT NULL,
  explanation text,
  judge jsonb,
  cost_usd double precision NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  CHECK (status = 'scored' OR value IS NULL),
  PRIMARY KEY (call_id, project_id, subject_type, subject_id, scorer, scorer_version, pass, sample)
) PARTITION BY RANGE (call_id);
CREATE INDEX score_subject_idx ON score (project_id, subject_type, subject_id);
CREATE INDEX score_failure_idx ON score (project_id, created_at) WHERE outcome = 'fail';

CREATE TABLE judge_spend (
  project_id text NOT NULL,
  day date NOT NULL,
  judge text NOT NULL,
  reserved_usd double precision NOT NULL DEFAULT 0,
  spent_usd double precision NOT NULL DEFAULT 0,
  calls integer NOT NULL DEFAULT 0,
  errors integer NOT NULL DEFAULT 0,
  PRIMARY KEY (project_id, day, judge)
);

CREATE TABLE judge_skip (
  project_id text NOT NULL,
  call_id uuid NOT NULL,
  rubric text NOT NULL,
  reason text NOT NULL,
  sampling_probability double precision NOT NULL,
  PRIMARY KEY (call_id, project_id, rubric)
);

CREATE TABLE evaluation_cache (
  project_id text NOT NULL,
  cache_key text NOT NULL,
  value jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (project_id, cache_key)
);
`;
