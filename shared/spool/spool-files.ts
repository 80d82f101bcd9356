/** The file operations that the spool needs, and nothing else, so that a test can make any of them fail. */
export interface SpoolFiles {
  makeDirectory(path: string): Promise<void>;
  /** Names in a directory; empty when it does not exist. */
  list(path: string): Promise<readonly string[]>;
  /** Makes a new file for appending; an existing one is an error. */
  createAppend(path: string): Promise<AppendFile>;
  size(path: string): Promise<number>;
  /** Up to `length` bytes from `offset`; fewer at the end of the file. */
  read(path: string, offset: number, length: number): Promise<Buffer>;
  /** The whole text, or null when there is no such file. */
  readText(path: string): Promise<string | null>;
  /** Cuts the file and makes the cut durable. */
  truncate(path: string, length: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes created, renamed and removed names durable. */
  syncDirectory(path: string): Promise<void>;
}

export interface AppendFile {
  /** Writes all buffers behind each other, or rejects; how much was written is then unknown. */
  append(buffers: readonly Buffer[]): Promise<void>;
  /** fdatasync. After a failure nothing is known about what was written: the file must not be used again. */
  sync(): Promise<void>;
  close(): Promise<void>;
}
