import type { Terminal } from '../../../cmd/cli/output.ts'
import { main } from '../../../cmd/program.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs one command line in this process. HOME leads nowhere, so no credentials but those given are found. */
export async function runCli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  { columns = 100, colours = false, ...rest }: Partial<Terminal> = {},
): Promise<Ran> {
  let out = ''
  let err = ''
  const code = await main(args, '0.0.0-test', {
    env: { HOME: '/nonexistent', ...env },
    columns,
    colours,
    isTerminal: false,
    interrupted: () => AbortSignal.abort(),
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
    ...rest,
  })
  return { code, out, err }
}
