import type { Millis } from '../core/model/primitives.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { Tell } from '../core/ports/log.ts'
import { changedKeys, needRestart, RESTART_KEYS } from './changes.ts'
import { ConfigError, formatIssue } from './load/config-error.ts'
import type { Loaded } from './load/load.ts'
import type { Config } from './schema/schema.ts'

/** `config-map`: read through the API server, and stronger than `file` while it is there. */
export type ConfigSource = 'file' | 'config-map'

export interface ConfigReloader {
  /** Takes a text over, or keeps the last good configuration and says why. True: it is the current one now. */
  offer(text: string, source: ConfigSource): boolean
  /** What else keeps the last good configuration in force, such as a source that gives no text; undefined: that is over. */
  withhold(by: ConfigSource | 'checks', why: string | undefined): void
  /** The source can't be read any more. What it said last stays; but while the API is away, a change of the file counts again. */
  sourceLost(source: ConfigSource): void
  /** The last good one; undefined before the first. */
  current(): Config | undefined
  /** Why the newest text is not the current one; undefined when it is. */
  lastError(): ConfigError | undefined
  /** Everything for which the last good one stays, for people; undefined when the newest text is in force. */
  trouble(): string | undefined
  /** Keys of the current one that act only after a restart, as this process began with others. */
  afterRestart(): readonly string[]
  /** When the current one was taken over, by the machine's wall clock. */
  lastGoodAt(): Millis | undefined
  onChange(listener: (config: Config, changed: readonly string[]) => void): void
}

export interface ConfigReloaderOptions {
  load(text: string, source: ConfigSource): Loaded
  readonly tell: Tell
  readonly clock: Pick<Clock, 'wall'>
  /** Top-level keys that only a new process takes up. Default: RESTART_KEYS and the options of every cloud. */
  readonly restartKeys?: readonly string[]
}

export function createConfigReloader({ load, tell, clock, restartKeys }: ConfigReloaderOptions): ConfigReloader {
  const listeners: ((config: Config, changed: readonly string[]) => void)[] = []
  let first: Config | undefined
  let current: Config | undefined
  let error: ConfigError | undefined
  let goodAt: Millis | undefined
  const withheld = new Map<string, string>()
  let apiIsHere = false
  let newest: string | undefined

  const refuse = (thrown: ConfigError, source: ConfigSource): false => {
    error = thrown
    const [first] = thrown.issues
    const more = thrown.issues.length > 1 ? ` (and ${thrown.issues.length - 1} more)` : ''
    tell({
      level: 'error',
      reason: 'ConfigInvalid',
      message: `${first === undefined ? thrown.message : formatIssue(first)}${more}; the last good configuration stays`,
      fields: { source, problems: thrown.issues.map(formatIssue) },
      event: 'Warning',
    })
    return false
  }

  const afterRestart = (): readonly string[] =>
    first === undefined || current === undefined
      ? []
      : needRestart(
          changedKeys(first, current),
          restartKeys ?? [...RESTART_KEYS, ...Object.keys(current.providerOptions)],
        )

  const take = (loaded: Loaded, source: ConfigSource): true => {
    const { config, warnings } = loaded
    const isFirst = current === undefined
    const changed = current === undefined ? [] : changedKeys(current, config)
    const wasBroken = error !== undefined
    error = undefined
    current = config
    first ??= config
    goodAt = clock.wall()
    for (const warning of warnings) {
      tell({ level: 'warn', reason: 'ConfigWarning', message: formatIssue(warning), fields: { source } })
    }
    if (isFirst) return true
    if (changed.length > 0 || wasBroken) {
      const restart = afterRestart()
      const keys = changed.length === 0 ? 'back to the last good one' : `changed: ${changed.join(', ')}`
      const later = restart.length === 0 ? '' : `; only after a restart: ${restart.join(', ')}`
      tell({
        level: restart.length === 0 ? 'info' : 'warn',
        reason: 'ConfigReloaded',
        message: `${keys}${later}`,
        fields: { source, changed, restart },
        event: 'Normal',
      })
    }
    if (changed.length > 0) for (const listener of listeners) listener(config, changed)
    return true
  }

  return {
    offer(text, source) {
      if (source === 'config-map') apiIsHere = true
      else if (apiIsHere) return false
      if (text === newest) return error === undefined
      newest = text
      let loaded: Loaded
      try {
        loaded = load(text, source)
      } catch (thrown) {
        if (thrown instanceof ConfigError) return refuse(thrown, source)
        throw thrown
      }
      return take(loaded, source)
    },
    withhold(by, why) {
      if (withheld.get(by) === why) return
      if (why === undefined) {
        withheld.delete(by)
        tell({ level: 'info', reason: 'ConfigRegained', message: `${by}: can be taken again`, event: 'Normal' })
        return
      }
      withheld.set(by, why)
      const message = `${why}; the last good configuration stays`
      tell({ level: 'error', reason: 'ConfigInvalid', message, fields: { source: by }, event: 'Warning' })
    },
    sourceLost(source) {
      if (source === 'config-map') apiIsHere = false
    },
    current: () => current,
    lastError: () => error,
    trouble() {
      const all = [...(error === undefined ? [] : [error.message]), ...withheld.values()]
      return all.length === 0 ? undefined : all.join('; ')
    },
    afterRestart,
    lastGoodAt: () => goodAt,
    onChange: (listener) => void listeners.push(listener),
  }
}
