import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { backtest } from '../../src/backtest/backtest.ts'
import { RecordError, readRecord } from '../../src/record/read.ts'
import { configOf, outageOf } from '../support/outage/play.ts'
import { recordDirectory, recordOutage } from '../support/record/record-outage.ts'

const HEADER = '{"is":"header","format":"heald-record","version":1,"calendar":0}'
const begin = (at: number): string => `{"is":"begin","at":${at},"calendar":${at},"seeingSince":0}`
const round = (at: number): string => `{"is":"round","at":${at},"calendar":${at},"verdicts":{}}`

function fileOf(t: Test, content: string | Buffer): string {
  const file = join(recordDirectory(t), 'heald-2026-01-01T00-00-00.000Z-0000.jsonl')
  writeFileSync(file, content)
  return file
}

async function readAll(file: string): Promise<readonly string[]> {
  const seen: string[] = []
  for await (const read of readRecord(file)) {
    seen.push(
      'problem' in read ? read.problem.slice(file.length) : `${read.line.is} ${'at' in read.line ? read.line.at : ''}`,
    )
  }
  return seen
}

t.test('a last line that was cut off is passed over, and told', async (t) => {
  const file = fileOf(t, [HEADER, begin(5), round(6), round(7).slice(0, 20)].join('\n'))
  t.same(await readAll(file), ['header ', 'begin 5', 'round 6', ':4: the last line is cut off; it is passed over'])
})

t.test('what is broken in the middle costs all up to the next whole picture', async (t) => {
  const lines = [HEADER, begin(5), '{"is":"round","at":"soon"}', round(7), begin(2), round(3), '']
  const told = await readAll(fileOf(t, lines.join('\n')))
  t.same([...told.slice(0, 2), ...told.slice(3)], ['header ', 'begin 5', 'begin 2', 'round 3'])
  t.match(told[2], /^:3: at: .*expected number.*; passed over up to the next whole picture$/)
})

t.test('time does not go back within a picture', async (t) => {
  const told = await readAll(fileOf(t, [HEADER, begin(5), round(7), round(6), round(8), ''].join('\n')))
  t.match(told, ['header ', 'begin 5', 'round 7', /^:4: is older than the line before it/])
  t.equal(told.length, 4)
})

t.test('another version, another file and an empty one are no record', async (t) => {
  const cases: readonly (readonly [string | Buffer, RegExp])[] = [
    [HEADER.replace('"version":1', '"version":2'), /is of version 2; this heald reads version 1/],
    ['{"is":"round"}\n', /is no record of heald/],
    [Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 7919) % 256)), /is no record of heald/],
    ['', /is empty/],
  ]
  for (const [content, message] of cases) {
    await t.rejects(readAll(fileOf(t, content)), { name: 'RecordError', message })
  }
})

t.test('a line without an end is given up, whatever else the file holds', async (t) => {
  const file = fileOf(t, `${HEADER}\n`)
  const piece = 'x'.repeat(1024 * 1024)
  for (let count = 0; count < 18; count++) appendFileSync(file, piece)
  await t.rejects(readAll(file), { name: 'RecordError', message: /has a line of more than 16777216 bytes/ })
})

t.test('a file that can not be read does not keep the others from being read', async (t) => {
  const directory = recordDirectory(t)
  await recordOutage(outageOf(['what: kubelet, at: 10m, nodes: [w3]'], { lasts: '30m' }), directory)
  writeFileSync(join(directory, 'heald-2025-01-01T00-00-00.000Z-0000.jsonl'), 'what is this')
  writeFileSync(join(directory, 'notes.txt'), 'not looked at')
  const { problems, files, differences } = await backtest(directory, configOf())
  t.match(problems, [/heald-2025-.*: is no record of heald$/])
  t.same({ files, differences }, { files: 1, differences: [] })
})

t.test('where nothing can be read, an error says so', async (t) => {
  const directory = recordDirectory(t)
  await t.rejects(backtest(directory, configOf()), { message: /there is no record of heald in it/ })
  await t.rejects(backtest(join(directory, 'none'), configOf()), RecordError)
  for (const count of [0, 1]) writeFileSync(join(directory, `heald-2026-01-01T00-00-00.000Z-000${count}.jsonl`), 'x')
  await t.rejects(backtest(directory, configOf()), { message: /none of its 2 files can be read: .*is no record/ })
})

t.test('cut anywhere, a record is read up to there without a difference that is none', async (t) => {
  const directory = recordDirectory(t)
  await recordOutage(outageOf(['what: kubelet, at: 10m, nodes: [w3, w9]'], { lasts: '40m' }), directory)
  const [name = ''] = readdirSync(directory)
  const whole = readFileSync(join(directory, name))
  const cut = join(directory, 'cut')
  mkdirSync(cut)
  for (let part = 1; part < 12; part++) {
    const file = join(cut, name)
    writeFileSync(file, whole.subarray(0, Math.floor((whole.length * part) / 12)))
    const { differences, problems } = await backtest(file, configOf())
    t.same(differences, [])
    t.ok(problems.length <= 1)
  }
})
