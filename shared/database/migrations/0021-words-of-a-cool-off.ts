import { type Kysely, sql } from 'kysely';

/** Says of a change that cools off what it may be, too: one that came to no verdict was told to have been rolled back. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
    DO $$ BEGIN
      EXECUTE replace(pg_get_functiondef('assert_automatic_change(policy_pointer, policy_pointer)'::regprocedure),
        'this change was rolled back and may', 'this change was rolled back, or came to no verdict, and may');
    END $$;
  `)
    .execute(database);
}
