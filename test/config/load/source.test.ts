import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { readConfigFile, watchConfigFile } from '../../../src/config/load/source.ts'
import { systemClock } from '../../../src/lib/clock.ts'

interface Watching {
  readonly texts: string[]
  readonly outages: Error[]
  until(condition: () => boolean): Promise<void>
}

function watch(t: Test, path: string): Watching {
  const texts: string[] = []
  const outages: Error[] = []
  const stop = new AbortController()
  const options = { clock: systemClock, everyMs: 5, settleMs: 5, onGone: (error: Error) => outages.push(error) }
  const running = watchConfigFile(path, (text) => texts.push(text), options, stop.signal)
  t.teardown(async () => {
    stop.abort()
    await running
  })
  const until = async (condition: () => boolean): Promise<void> => {
    for (let tries = 0; !condition() && tries < 400; tries++) await systemClock.sleep(5, stop.signal)
    t.ok(condition(), `have ${JSON.stringify(texts)}`)
  }
  return { texts, outages, until }
}

t.test('a file is handed over at first and at every change, and not in between', async (t) => {
  const path = join(t.testdir(), 'config.yaml')
  writeFileSync(path, 'one')
  const { texts, until } = watch(t, path)
  await until(() => texts.length === 1)
  writeFileSync(path, 'two')
  await until(() => texts.length === 2)
  writeFileSync(path, 'two')
  writeFileSync(`${path}.new`, 'three')
  renameSync(`${path}.new`, path)
  await until(() => texts.length === 3)
  t.same(texts, ['one', 'two', 'three'])
})

t.test('a mounted ConfigMap is followed through the swap of its ..data symlink', async (t) => {
  const dir = t.testdir()
  const publish = (version: string): void => {
    mkdirSync(join(dir, `..${version}`))
    writeFileSync(join(dir, `..${version}`, 'config.yaml'), version)
    symlinkSync(`..${version}`, join(dir, '..data_tmp'))
    renameSync(join(dir, '..data_tmp'), join(dir, '..data'))
  }
  publish('v1')
  symlinkSync(join('..data', 'config.yaml'), join(dir, 'config.yaml'))
  const { texts, until } = watch(t, join(dir, 'config.yaml'))
  await until(() => texts.length === 1)
  publish('v2')
  rmSync(join(dir, '..v1'), { recursive: true })
  await until(() => texts.length === 2)
  t.same(texts, ['v1', 'v2'])
})

t.test('a file that vanishes is told once, and picked up when it comes back', async (t) => {
  const path = join(t.testdir(), 'config.yaml')
  writeFileSync(path, 'one')
  const { texts, outages, until } = watch(t, path)
  await until(() => texts.length === 1)
  rmSync(path)
  await until(() => outages.length === 1)
  writeFileSync(path, 'one')
  await systemClock.sleep(30, AbortSignal.timeout(1_000))
  t.same(texts, ['one'], 'the same text is no change')
  writeFileSync(path, 'two')
  await until(() => texts.length === 2)
  rmSync(path)
  await until(() => outages.length === 2)
})

t.test('half a file is never handed over', async (t) => {
  const path = join(t.testdir(), 'config.yaml')
  writeFileSync(path, 'dryRun: tr')
  const texts: string[] = []
  const stop = new AbortController()
  // The writer ends while the watcher waits for the text to settle.
  const sleep = async (ms: number): Promise<void> => {
    if (ms === 100) writeFileSync(path, 'dryRun: true\nclusterName: a\n')
    else if (texts.length > 0) stop.abort()
  }
  await watchConfigFile(path, (text) => texts.push(text), { clock: { sleep } }, stop.signal)
  t.same(texts, ['dryRun: true\nclusterName: a\n'])
})

t.test('what is not a regular file is refused and never waited for', async (t) => {
  const dir = t.testdir()
  await t.rejects(readConfigFile(dir), /not a regular file|EISDIR/)
  await t.rejects(readConfigFile('/dev/zero'), /not a regular file/)
  execFileSync('mkfifo', [join(dir, 'pipe')])
  await t.rejects(readConfigFile(join(dir, 'pipe')), /not a regular file/)
})

t.test('of an absurdly long file only the start is read', async (t) => {
  const path = join(t.testdir(), 'config.yaml')
  writeFileSync(path, 'x'.repeat(5_000_000))
  t.ok((await readConfigFile(path)).length < 2_000_000)
})
