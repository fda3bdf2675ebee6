import { ACTORS } from './actors.ts'
import { CONSENT } from './consent.ts'
import { CROWD } from './crowd.ts'
import { EVIDENCE } from './evidence.ts'
import { FLAPS } from './flaps.ts'
import { IDENTITY } from './identity.ts'
import { LIMITS } from './limits.ts'
import type { HoldCase } from './pictures.ts'
import { SIGHT } from './sight.ts'
import { SWITCHES } from './switches.ts'
import { TIME } from './time.ts'

export const HOLDS: readonly HoldCase[] = [
  ...SWITCHES,
  ...SIGHT,
  ...TIME,
  ...EVIDENCE,
  ...IDENTITY,
  ...ACTORS,
  ...CROWD,
  ...FLAPS,
  ...LIMITS,
  ...CONSENT,
]
