import { SKIP, skipValue } from '../../annotations/skip.ts'
import { type Gate, no, ok, yes } from '../../round/gate.ts'

const NAME = 'OptedOut'
const OK = ok(NAME)

/** Somebody said that heald leaves this node alone, or it is no machine of ours. */
export const optedOut: Gate = {
  name: NAME,
  begin:
    ({ policy, census }) =>
    ({ node, detail }) => {
      if (node.notOurs !== undefined) {
        const message = `it is no machine that heald could repair: ${node.notOurs}; it is counted nowhere`
        return no(NAME, { reason: 'NotOurs', message, have: node.notOurs, need: null })
      }
      const skip = census.optedOut.has(node.name) ? skipValue(node) : undefined
      if (skip !== undefined) {
        const understood = skip === 'true'
        const message = understood
          ? `the node carries ${SKIP}: "true"; remove it to have the node healed again`
          : `the node carries ${SKIP}: ${JSON.stringify(skip.slice(0, 64))}; only "true" and "false" are understood, so it is left alone`
        return no(NAME, {
          reason: understood ? 'OptedOut' : 'SkipMalformed',
          message,
          have: skip.slice(0, 64),
          need: null,
        })
      }
      if (!policy.roles[node.role].enabled) {
        const message = `the configuration switches healing of ${node.role}s off`
        return no(NAME, { reason: 'RoleDisabled', message, have: false, need: true })
      }
      return detail ? yes(NAME, `the node carries no ${SKIP}`, null, null) : OK
    },
}
