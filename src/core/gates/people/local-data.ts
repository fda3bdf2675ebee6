import { type Gate, no, ok, plural, yes } from '../../round/gate.ts'
import { rungName } from '../../round/round.ts'
import { approved } from './approval.ts'

const NAME = 'LocalData'
const OK = ok(NAME)
const OPENS = Object.freeze({
  ...OK,
  reason: 'OpensForApproval',
  message: 'the repair opens, and waits for an approval before it destroys local volumes',
})

/** A replacement destroys what lives on the machine only; that takes a person's word. */
export const localData: Gate = {
  name: NAME,
  begin: (round) => (subject) => {
    const { suspicion, repair, detail } = subject
    if (rungName(subject) !== 'replace' || !round.policy.protectLocalData) {
      return detail ? yes(NAME, 'no local volume would be lost') : OK
    }
    const volumes = suspicion?.localVolumes
    if (volumes === undefined) {
      const message = 'whether the node holds local persistent volumes is not known yet'
      return no(NAME, { reason: 'VolumesUnknown', message, have: null, need: [] })
    }
    if (volumes.length === 0) return detail ? yes(NAME, 'the node holds no local persistent volumes', [], []) : OK
    if (repair === undefined) return OPENS
    const result = approved(NAME, round, repair, 'replace')
    if (result === undefined) return yes(NAME, 'a person approved the loss of its local volumes', [...volumes])
    const listed = volumes.slice(0, 5).join(', ')
    const message = `${plural(volumes.length, 'local persistent volume')} would be lost (${listed}); ${result.message}`
    return { ...result, message, have: [...volumes.slice(0, 5)] }
  },
}
