// Runs a tier of tests: `node scripts/test.mjs unit|all|full [PATHS]`, of it only files whose path begins with one of PATHS.
// Ends with `N passed, N failed`, from tap's own counts.
import { spawn } from 'node:child_process'
import { createWriteStream, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const SLOWEST = 10
// `built`: made JavaScript first, many files to a process. The other tiers start processes of their own from TypeScript.
const FAST = { name: 'fast', jobs: 2, timeout: 300, built: true, files: /^test\/(?!integration|e2e|full|lab)/ }
const TIERS = {
  // What needs nothing but Node, then a real control plane, then real machines and clouds; last what those left in the audit log.
  unit: [FAST],
  all: [
    FAST,
    { name: 'integration', jobs: 1, timeout: 300, files: /^test\/integration/ },
    { name: 'e2e', jobs: 2, timeout: 1800, files: /^test\/e2e\/(?!zz-)/ },
    { name: 'audit', jobs: 1, timeout: 60, files: /^test\/e2e\/zz-/ },
  ],
  full: [{ name: 'full', jobs: 1, timeout: 3600, files: /^test\/full/ }],
}

function filesOf({ files }) {
  const all = readdirSync('test', { recursive: true }).map((file) => join('test', file))
  const asked = all.filter((file) => paths.length === 0 || paths.some((path) => file.startsWith(path)))
  return asked.filter((file) => file.endsWith('.test.ts') && files.test(file)).sort()
}

function spawnTap({ jobs, timeout, built }, files) {
  const stdio = ['ignore', 'pipe', 'inherit']
  if (built) return spawn(process.execPath, ['scripts/tests/in-processes.mjs', jobs, timeout, ...files], { stdio })
  const args = ['run', '--reporter=tap', `--jobs=${jobs}`, `--timeout=${timeout}`, ...files]
  return spawn('node_modules/.bin/tap', args, { stdio })
}

function runTap(group, files) {
  mkdirSync('.tap', { recursive: true })
  const log = createWriteStream(`.tap/${group.name}.log`)
  const child = spawnTap(group, files)
  const counts = { pass: 0, fail: 0 }
  let failing = false
  createInterface({ input: child.stdout }).on('line', (line) => {
    log.write(`${line}\n`)
    const file = /^ {0,4}(?:not )?ok \d+ - (test\/\S+\.ts) # time=([\d.]+)ms/.exec(line)
    if (file !== null) times.set(file[1], Number(file[2]))
    if (file !== null || /^(not )?ok /.test(line)) console.log(line.trimStart())
    if (/^\s+not ok /.test(line)) failing = file === null
    else if (/^\s*(ok |# Subtest)/.test(line)) failing = false
    if (failing) console.log(line)
    const total = /^# \{ total: (\d+)(?:, pass: (\d+))?(?:, fail: (\d+))?/.exec(line)
    if (total !== null) {
      counts.pass += Number(total[2] ?? 0)
      counts.fail += Number(total[3] ?? 0)
    }
  })
  return new Promise((resolve) => child.on('close', (code) => resolve({ ...counts, code })))
}

const [tierName, ...paths] = process.argv.slice(2)
const tier = TIERS[tierName]
if (tier === undefined) {
  console.error(`usage: node scripts/test.mjs ${Object.keys(TIERS).join('|')} [PATHS]`)
  process.exit(2)
}
/** Milliseconds by test file. */
const times = new Map()
let passed = 0
let failed = 0
for (const group of tier) {
  const files = filesOf(group)
  console.log(`# ${group.name}: ${files.length} files`)
  if (files.length === 0 && paths.length > 0) continue
  if (files.length === 0) {
    failed += 1
    console.log(`not ok - no test files for ${group.name}`)
    continue
  }
  const { pass, fail, code } = await runTap(group, files)
  passed += pass
  failed += fail
  if (code !== 0 && fail === 0) failed += 1
}
const slowest = [...times].sort(([, a], [, b]) => b - a).slice(0, SLOWEST)
console.log(`# the slowest of ${times.size} files`)
for (const [file, ms] of slowest) console.log(`# ${(ms / 1000).toFixed(1).padStart(7)} s  ${file}`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
