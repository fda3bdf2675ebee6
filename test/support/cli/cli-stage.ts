import type { Test } from 'tap'
import type { Ledger } from '../../../src/core/ports/ledger.ts'
import { createLedger } from '../../../src/kube/store/repairs.ts'
import type { EmbeddedApi } from '../../../src/simulator/api/server.ts'
import { embeddedApi } from '../kube/api.ts'
import { SECRET_TOKEN, writeKubeconfig } from './kubeconfig.ts'
import { type Ran, runCli } from './terminal.ts'

export interface CliStage {
  readonly api: EmbeddedApi
  readonly ledger: Ledger
  heald(...args: readonly string[]): Promise<Ran>
}

/** An embedded API, and a terminal whose kubeconfig leads to it. */
export async function cliStage(t: Test): Promise<CliStage> {
  const { api, http } = await embeddedApi(t)
  const kubeconfig = writeKubeconfig(t.testdir(), api.url)
  return {
    api,
    ledger: createLedger({ http }),
    heald: async (...args) => {
      const ran = await runCli([...args, '--kubeconfig', kubeconfig])
      t.notOk((ran.out + ran.err).includes(SECRET_TOKEN), 'no output holds the token')
      return ran
    },
  }
}
