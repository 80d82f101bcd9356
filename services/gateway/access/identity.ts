/** Who makes a call. */
export interface Identity {
  readonly projectId: string;
  readonly keyId: string | null;
  readonly developer: string | null;
  readonly repo: string | null;
}
