import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { backtest } from '../../src/backtest/backtest.ts'
import { createRecordFiles, type RecordFiles, type RecordFilesOptions } from '../../src/record/files.ts'
import { createVirtualClock } from '../../src/simulator/clock/virtual-clock.ts'
import { configOf, outageOf, play } from '../support/outage/play.ts'
import { recordDirectory, recordOutage } from '../support/record/record-outage.ts'

const OUTAGE = outageOf(['what: network, at: 10m, for: 40m, nodes: {rack: 1}'], { lasts: '2h' })
const KiB = 1024

function filesIn(directory: string, options: Partial<RecordFilesOptions> = {}) {
  const told: string[] = []
  const clock = createVirtualClock()
  let lost = 0
  const files: RecordFiles = createRecordFiles({
    ...{ directory, clock, maxSize: 4 * KiB, maxFiles: 2 },
    tell: ({ reason, message }) => void told.push(`${reason}: ${message}`),
    onLost: (lines) => {
      lost += lines
    },
    ...options,
  })
  return { files, clock, told, lost: () => lost }
}

const LINE = { is: 'look', at: 1, node: 'n'.repeat(100), look: null } as const

t.test('a record of many small files says the same as one of a large one', async (t) => {
  const directory = recordDirectory(t)
  await recordOutage(OUTAGE, directory, { files: { maxSize: 48 * KiB } })
  const sizes = readdirSync(directory).map((name) => statSync(join(directory, name)).size)
  t.ok(sizes.length > 2, `${sizes.length} files`)
  t.ok(
    sizes.every((size) => size <= 48 * KiB),
    `the largest has ${Math.max(...sizes)} bytes`,
  )
  const { differences, files } = await backtest(directory, configOf())
  t.same({ differences, files }, { differences: [], files: sizes.length })
})

t.test('who fell silent one after the other has not done so together in the next file', async (t) => {
  const directory = recordDirectory(t)
  const outage = outageOf(['what: network, at: 10m, for: 30m, every: 20s, nodes: {}'])
  await recordOutage(outage, directory, { files: { maxSize: 96 * KiB } })
  const { differences, files } = await backtest(directory, configOf())
  t.ok(files > 1)
  t.same(differences, [])
})

t.test('a new term goes on in the same file while there is room for its picture', async (t) => {
  const directory = recordDirectory(t)
  const cuts = ['what: heald-api, at: 12m, for: 2m', 'what: heald-api, at: 20m, for: 2m']
  await recordOutage(outageOf(['what: kubelet, at: 10m, nodes: [w3]', ...cuts]), directory)
  const [name = '', ...others] = readdirSync(directory)
  t.same(others, [])
  t.equal(readFileSync(join(directory, name), 'utf8').match(/"is":"begin"/g)?.length, 3)
  t.same((await backtest(directory, configOf())).differences, [])
})

t.test('no more files are kept than wanted, and the oldest go first', async (t) => {
  const directory = recordDirectory(t)
  writeFileSync(join(directory, 'mine.jsonl'), 'not heald’s')
  await recordOutage(OUTAGE, directory, { files: { maxSize: 48 * KiB, maxFiles: 2 } })
  const names = readdirSync(directory).filter((name) => name !== 'mine.jsonl')
  t.equal(names.length, 2)
  t.notOk(
    names.some((name) => name.includes('T00-0')),
    'the first is gone',
  )
  t.ok(readdirSync(directory).includes('mine.jsonl'))
  t.same((await backtest(directory, configOf())).differences, [])
})

t.test('files belong to their writer alone', async (t) => {
  const directory = join(recordDirectory(t), 'new')
  const { files } = filesIn(directory)
  files.begin(0)
  await files.settled()
  const [name = ''] = readdirSync(directory)
  t.equal(statSync(join(directory, name)).mode & 0o777, 0o600)
  t.equal(statSync(directory).mode & 0o777, 0o700)
})

t.test('a place where nothing can be written is told once, each lost line is counted, and tried again', async (t) => {
  const place = join(recordDirectory(t), 'a-file')
  writeFileSync(place, '')
  const { files, clock, told, lost } = filesIn(place)
  for (let round = 0; round < 3; round++) {
    t.ok(files.wantsBegin)
    files.begin(clock.wall())
    files.write(LINE)
    await files.settled()
    files.write(LINE)
    t.notOk(files.wantsBegin, 'not at once')
    await clock.advance(60_000)
  }
  t.equal(lost(), 9, 'the header too')
  t.match(told, [/^RecordLost: .*a-file: .*EEXIST|ENOTDIR.*; healing goes on without a record$/])
})

t.test('after a loss the next file is whole, and a new loss is told again', async (t) => {
  const directory = recordDirectory(t)
  const { files, clock, told } = filesIn(directory)
  const names = () => readdirSync(directory).sort()
  files.begin(clock.wall())
  await files.settled()
  for (let line = 0; line < 100; line++) files.write(LINE)
  await files.settled()
  t.match(told, [/does not fit in maxSize \(4096 bytes\)/])
  await clock.advance(60_000)
  t.ok(files.wantsBegin)
  files.begin(clock.wall())
  files.write(LINE)
  await files.settled()
  t.equal(names().length, 2)
  t.match(readFileSync(join(directory, names()[1] ?? ''), 'utf8'), /^\{"is":"header".*\}\n\{"is":"look".*\}\n$/)
})

t.test('healing does not depend on it', async (t) => {
  const place = join(recordDirectory(t), 'a-file')
  writeFileSync(place, '')
  t.same((await recordOutage(OUTAGE, place)).acts, (await play(OUTAGE)).acts)
})

t.test('maxSize counts bytes, whatever letters the lines have', async (t) => {
  const directory = recordDirectory(t)
  const { files, clock, lost } = filesIn(directory)
  files.begin(clock.wall())
  for (let line = 0; line < 30; line++) files.write({ ...LINE, node: 'ü'.repeat(100) })
  await files.settled()
  const [name = ''] = readdirSync(directory)
  t.ok(lost() > 0)
  t.ok(statSync(join(directory, name)).size <= 4 * KiB)
})
