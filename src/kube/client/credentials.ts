/** Who we are to the API server, where it is, and how to know that it is the right one. */
export interface Credentials {
  /** Base URLs without a trailing slash, in the order in which they are to be tried. */
  readonly hosts: readonly string[]
  /** What proves who we are. A token file that changed, or a token that ran out, is read again. */
  headers(signal: AbortSignal): Promise<Readonly<Record<string, string>>>
  /** For a connection to `host`. The very same object as before while nothing changed. */
  tls(host: string, signal: AbortSignal): Promise<TlsOptions>
  /** The way to every host; the very same object as before while nothing changed. Undefined: straight. */
  proxy?(signal: AbortSignal): Promise<URL | undefined>
  /** The server refused what we showed, or we refused what it showed: read everything again. */
  refresh(): void
}

export interface TlsOptions {
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly rejectUnauthorized: boolean
  /** The name that the server's certificate must carry, where it isn't the host's. */
  readonly servername?: string
}
