import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../support/free-port.ts'
import { until } from './until.ts'

export interface LabProxy {
  readonly host: string
  readonly port: number
  /** What it was asked to connect to or to get, a line each, as its log tells. */
  requests(): readonly string[]
  stop(): void
}

/** A real forward proxy (tinyproxy), on loopback. `login`: `USER PASSWORD`, without which it answers 407. */
export async function startProxy(login?: string): Promise<LabProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'heald-proxy-'))
  const [config, log] = [join(folder, 'conf'), join(folder, 'log')]
  const port = await freePort()
  const lines = [
    `Port ${port}`,
    'Listen 127.0.0.1',
    `LogFile "${log}"`,
    'LogLevel Connect',
    'Timeout 60',
    'MaxClients 50',
  ]
  writeFileSync(config, [...lines, ...(login === undefined ? [] : [`BasicAuth ${login}`]), ''].join('\n'))
  const child = spawn('tinyproxy', ['-d', '-c', config], { stdio: 'ignore' })
  const text = (): string => {
    try {
      return readFileSync(log, 'utf8')
    } catch {
      return ''
    }
  }
  await until('the proxy listens', () => answers(port), 10_000)
  return {
    ...{ host: '127.0.0.1', port },
    requests: () => [...text().matchAll(/Request \(file descriptor \d+\): (.*)$/gm)].map(([, line = '']) => line),
    stop() {
      child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.destroy() && resolve(true))
    socket.once('error', () => resolve(false))
  })
}
