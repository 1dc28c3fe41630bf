/** The power to call HTTP endpoints: by origins that were granted, with secrets that the host puts in. */

/** A header's value with a Secret's password in it, which the plugin never sees: `Bearer ` and the password. */
export interface SecretText {
  readonly secret: string;
  /** What stands before the password. Default: nothing. */
  readonly before?: string;
}

export interface FetchOptions {
  /** Default: `GET`. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | SecretText>>;
  readonly body?: string | Uint8Array;
  /** Until the whole answer is there; default 10,000, at most 60,000. */
  readonly timeoutMs?: number;
}

export interface FetchAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** At most 1 MiB; more is an error. */
  readonly body: Uint8Array;
}

/**
 * Rejects where there is no answer in time, and with NotCapable where the URL's origin was not granted. Every status is an answer; a
 * redirection is one too, and not followed, since it may lead to another origin.
 */
export type Fetch = (url: string, options?: FetchOptions) => Promise<FetchAnswer>;
