import t from 'tap'
import type { RungName } from '../../../src/core/model/rungs.ts'
import { driveAttempt } from '../../support/drive-attempt.ts'
import { Stage } from '../../support/openstack/openstack-drive.ts'

/** The requests by which a machine is started, rebooted or replaced. */
const ACTS = /"os-start"|"reboot"|\/actions\/resize/

/** Attempts of one rung, as many as heald would make, with the answer to one request lost: cut off, or never sent. */
async function repair(rung: RungName, index: number, trouble: 'cut-after' | 'silent' = 'cut-after') {
  const stage = new Stage()
  const server = stage.cloud.servers('node')[0]!
  if (rung === 'start') Object.assign(server, { status: 'SHUTOFF', power: 4 })
  const order = await stage.order(server, rung)
  const provider = stage.provider()
  let count = 0
  const acts: string[] = []
  stage.cloud.mutations()
  stage.cloud.trouble = () => (count++ === index ? trouble : undefined)
  for (let number = 1; number <= 3; number++) {
    const end = await driveAttempt(provider, { ...order, key: `r/${number}` }, stage.clock.sleep)
    acts.push(...stage.cloud.mutations().filter((sent) => ACTS.test(sent)))
    if (end.state === 'done') return { acts, count }
    if (end.state !== 'failed' || end.effect !== 'none') throw new Error(`${rung}, ${index}: ${JSON.stringify(end)}`)
    t.same(acts, [], `${rung}, ${index}: what is called not sent was not`)
  }
  throw new Error(`${rung}, ${index}: no end`)
}

for (const rung of ['start', 'reboot-soft', 'reboot-hard', 'replace'] satisfies RungName[]) {
  t.test(`one act per ${rung}, whichever answer is lost`, async (t) => {
    const { acts, count } = await repair(rung, -1)
    t.equal(acts.length, 1, `${acts}`)
    for (let index = 0; index < Math.min(count, 60); index++) {
      for (const trouble of ['cut-after', 'silent'] as const) {
        const { acts: sent } = await repair(rung, index, trouble)
        t.equal(sent.length, 1, `request ${index}, ${trouble}: ${sent}`)
      }
    }
  })
}
