import type { Gate } from '../round/gate.ts'
import { identity } from './evidence/identity.ts'
import { ledgerUsable } from './evidence/ledger-usable.ts'
import { ownSight } from './evidence/own-sight.ts'
import { startupGrace } from './evidence/startup-grace.ts'
import { unhealthyFor } from './evidence/unhealthy-for.ts'
import { witness } from './evidence/witness.ts'
import { alreadyInRepair } from './limits/already-in-repair.ts'
import { breaker } from './limits/breaker.ts'
import { correlatedCause } from './limits/correlated-cause.ts'
import { inFlight } from './limits/in-flight.ts'
import { ownNode } from './limits/own-node.ts'
import { quorum } from './limits/quorum.ts'
import { rate } from './limits/rate.ts'
import { rung } from './limits/rung.ts'
import { serialCause } from './limits/serial-cause.ts'
import { zoneHold } from './limits/zone-hold.ts'
import { approval } from './people/approval.ts'
import { localData } from './people/local-data.ts'
import { optedOut } from './people/opted-out.ts'
import { otherActor } from './people/other-actor.ts'
import { paused } from './people/paused.ts'

/** In the order in which a person would ask. */
export const GATES: readonly Gate[] = [
  paused,
  optedOut,
  ledgerUsable,
  ownSight,
  alreadyInRepair,
  startupGrace,
  unhealthyFor,
  witness,
  identity,
  otherActor,
  correlatedCause,
  serialCause,
  zoneHold,
  breaker,
  inFlight,
  quorum,
  rate,
  localData,
  approval,
  rung,
  ownNode,
]
