import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { loadConfig } from '../src/config/load/load.ts'
import { optionSchemas } from '../src/daemon/config-boot.ts'
import { type Outcome, tableOf } from '../src/simulator/chaos/tally.ts'
import { loadOutage } from '../src/simulator/outage/load-outage.ts'
import { drawOutage } from '../src/simulator/outage/picture/draw.ts'
import { judgeOutage } from '../src/simulator/outage/verdict.ts'
import { machine } from './report.ts'

const PAGE = 'docs/safety.md'
const PICTURES = 'docs/pictures'
const DRAWN = ['rack', 'one-cut-off']
const TABLE = /(<!-- chaos: written by npm run chaos -- --write -->\n)[\s\S]*?(<!-- chaos: end -->)/

/** Writes the table of docs/safety.md anew, and the pictures that it shows. */
export async function writePage(
  outcomes: readonly Outcome[],
  { perHour, largest }: { readonly perHour: number; readonly largest: number },
): Promise<void> {
  const { cpu, cores, node, date } = machine()
  const [head = [], ...rows] = tableOf(outcomes)
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const lines = [
    `${outcomes.length} outages in clusters of up to ${largest} workers, ${date}: ${perHour} an hour (${cpu}, ${cores} cores, Node ${node}).`,
    '',
    ...[head, head.map(() => '---'), ...rows].map(line),
  ]
  const page = readFileSync(PAGE, 'utf8')
  if (!TABLE.test(page)) throw new Error(`${PAGE}: has no place for the table`)
  writeFileSync(
    PAGE,
    page.replace(TABLE, (_all, begin, end) => `${begin}${lines.join('\n')}\n${end}`),
  )
  mkdirSync(PICTURES, { recursive: true })
  const { config } = loadConfig('clusterName: simulated\n', { file: 'defaults', ...optionSchemas() })
  for (const name of DRAWN) {
    const outage = loadOutage(readFileSync(`examples/outages/${name}.yaml`, 'utf8'), name)
    const judged = await judgeOutage(outage, { config }, [])
    writeFileSync(`${PICTURES}/${name}.svg`, `${drawOutage(judged, outage.lasts)}\n`)
  }
}
