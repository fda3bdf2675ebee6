// Runs a tier of tests: `node scripts/test.mjs unit|all|full`. Ends with `N passed, N failed`, from tap's own counts.
import { spawn } from 'node:child_process'
import { createWriteStream, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const FAST = { name: 'fast', jobs: 2, timeout: 300, files: /^test\/(?!integration|e2e|full|lab)/ }
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
  return all.filter((file) => file.endsWith('.test.ts') && files.test(file)).sort()
}

function runTap({ name, jobs, timeout }, files) {
  mkdirSync('.tap', { recursive: true })
  const log = createWriteStream(`.tap/${name}.log`)
  const args = ['run', '--reporter=tap', `--jobs=${jobs}`, `--timeout=${timeout}`, ...files]
  const child = spawn('node_modules/.bin/tap', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const counts = { pass: 0, fail: 0 }
  let failing = false
  createInterface({ input: child.stdout }).on('line', (line) => {
    log.write(`${line}\n`)
    if (/^(not )?ok /.test(line)) console.log(line.replace(/ \{$/, ''))
    if (/^\s+not ok /.test(line)) failing = true
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

const tier = TIERS[process.argv[2]]
if (tier === undefined) {
  console.error(`usage: node scripts/test.mjs ${Object.keys(TIERS).join('|')}`)
  process.exit(2)
}
let passed = 0
let failed = 0
for (const group of tier) {
  const files = filesOf(group)
  console.log(`# ${group.name}: ${files.length} files`)
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
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
