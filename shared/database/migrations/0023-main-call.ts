import { type Kysely, sql } from 'kysely';

/** The call that says what a session was about; in sessions from before it is the first one. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE session ADD COLUMN main_call_id uuid`.execute(database);
}
