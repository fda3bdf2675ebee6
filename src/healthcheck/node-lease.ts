import { z } from 'zod'
import { formatDuration } from '../lib/pure/duration.ts'
import { durationText, toMs } from '../lib/schema/duration.ts'
import { commonParams } from './plugin/params.ts'
import { definePlugin } from './plugin/plugin.ts'

/** Judges the age of a node's heartbeat by our own clock, without a word from kube-controller-manager. */
export const nodeLease = definePlugin({
  type: 'NodeLease',
  kind: 'judge',
  options: z.strictObject({
    ...commonParams,
    maxAge: durationText().default('40s').describe('a heartbeat older than this is stale'),
  }),
  create: (base, options) => {
    const maxAgeMs = toMs(options.maxAge)
    return {
      ...base,
      kind: 'judge',
      plane: 'lease',
      symptom: 'Silent',
      judge(_facts, ageMs, now) {
        if (ageMs === undefined || !Number.isFinite(ageMs)) {
          return { status: 'unknown', reason: 'NoHeartbeatSeen', seenAt: now }
        }
        if (ageMs <= maxAgeMs) {
          return { status: 'pass', reason: 'HeartbeatFresh', seenAt: now, changesAt: now + maxAgeMs - ageMs + 1 }
        }
        const message = `no heartbeat for ${formatDuration(ageMs)}, allowed are ${formatDuration(maxAgeMs)}`
        return { status: 'fail', reason: 'HeartbeatStale', message, seenAt: now }
      },
    }
  },
})
