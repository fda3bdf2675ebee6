import type { Clock } from '../../../src/core/ports/clock.ts'
import type { CloudProvider } from '../../../src/core/ports/cloud-provider.ts'
import type { KubeHttp } from '../../../src/kube/client/http.ts'
import { createLinked } from '../../../src/lib/abort.ts'
import type { Loop } from '../../../src/lib/supervise.ts'
import { eachWhenQuiet } from '../../../src/simulator/clock/quiet.ts'

/** One request of a replica to the API server or to the cloud. */
export interface Call {
  readonly to: 'api' | 'cloud'
  /** e.g. `PUT /apis/.../leases/heald` or `step`. */
  readonly what: string
}

export interface Gate {
  /** From now on nothing of this replica reaches anybody and nothing comes back: SIGKILL. */
  kill(): void
  /** What is under way goes on at the other end, but no answer, timer or new request passes: SIGSTOP. */
  freeze(): void
  thaw(): void
  /** Called before and after each request, in time to kill or freeze right there. */
  watch(listener: (call: Call, when: 'before' | 'after') => void): void
  http(inner: KubeHttp): KubeHttp
  cloud(inner: CloudProvider): CloudProvider
  clock(inner: Clock): Clock
  /** Puts the loop under the power of `breakLoop`. */
  loop(inner: Loop): Loop
  /** The loop of this name ends what it has under way and throws. */
  breakLoop(name: string): void
}

const NEVER = new AbortController().signal

/** Everything between one replica and the world. */
export function createGate(): Gate {
  const death = new AbortController()
  const breaks = new Map<string, AbortController>()
  let listener: (call: Call, when: 'before' | 'after') => void = () => undefined
  let state: 'open' | 'frozen' | 'dead' = 'open'
  let timers: (() => void)[] = []
  let calls: (() => void)[] = []

  /** Passes when open. A dead process has no continuations: this never settles then. */
  async function pass(signal: AbortSignal, waiters: () => (() => void)[]): Promise<void> {
    while (state !== 'open') {
      if (state === 'dead') return new Promise<never>(() => undefined)
      await new Promise<void>((resolve) => waiters().push(resolve))
    }
    signal.throwIfAborted()
  }

  /** What `run` has under way at the other end ends with the signal, or with this replica. */
  async function whileAlive<T>(signal: AbortSignal, run: (linked: AbortSignal) => Promise<T>): Promise<T> {
    const linked = createLinked([signal, death.signal])
    try {
      return await run(linked.signal)
    } finally {
      linked.unlink()
    }
  }

  async function through<T>(call: Call, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    listener(call, 'before')
    await pass(signal, () => calls)
    let answer: { readonly value: T } | { readonly thrown: unknown }
    try {
      answer = { value: await run() }
    } catch (thrown) {
      answer = { thrown }
    }
    listener(call, 'after')
    await pass(signal, () => calls)
    if ('thrown' in answer) throw answer.thrown
    return answer.value
  }

  return {
    kill() {
      state = 'dead'
      death.abort(new Error('killed'))
    },
    freeze() {
      if (state === 'open') state = 'frozen'
    },
    thaw() {
      if (state !== 'frozen') return
      state = 'open'
      const due = timers
      timers = []
      for (const go of due) go()
      // Timers that are due run before answers are read. What may slip in between is the one late call that the design knows.
      const waiting = calls
      calls = []
      void eachWhenQuiet(() => {
        for (const go of waiting) go()
        return false
      })
    },
    watch: (next) => {
      listener = next
    },
    http: (inner) => ({
      contact: inner.contact,
      request: (request, signal) =>
        through({ to: 'api', what: `${request.method} ${request.path}` }, signal, () =>
          whileAlive(signal, (linked) => inner.request(request, linked)),
        ),
      stream: async (request, signal) => {
        const verb = request.query?.watch === true ? 'WATCH' : 'LIST'
        const linked = createLinked([signal, death.signal])
        const stream = await through({ to: 'api', what: `${verb} ${request.path}` }, signal, () =>
          inner.stream(request, linked.signal),
        ).catch((thrown: unknown) => {
          linked.unlink()
          throw thrown
        })
        return (async function* () {
          try {
            for await (const chunk of stream) {
              await pass(signal, () => calls)
              yield chunk
            }
          } finally {
            linked.unlink()
          }
        })()
      },
    }),
    cloud(inner) {
      const wrap =
        <A extends readonly unknown[], R>(what: string, run: (...args: [...A, AbortSignal]) => Promise<R>) =>
        (...args: [...A, AbortSignal]): Promise<R> => {
          const signal = args.at(-1) as AbortSignal
          const rest = args.slice(0, -1) as unknown as A
          return through({ to: 'cloud', what }, signal, () => whileAlive(signal, (linked) => run(...rest, linked)))
        }
      return {
        name: inner.name,
        plan: (instance) => inner.plan(instance),
        locate: wrap('locate', inner.locate),
        inspect: wrap('inspect', inner.inspect),
        step: wrap('step', inner.step),
        recover: wrap('recover', inner.recover),
        abandon: wrap('abandon', inner.abandon),
      }
    },
    loop(inner) {
      const broken = new AbortController()
      breaks.set(inner.name, broken)
      return {
        ...inner,
        async run(signal) {
          await inner.run(AbortSignal.any([signal, broken.signal]))
          if (!signal.aborted) broken.signal.throwIfAborted()
        },
      }
    },
    breakLoop: (name) => breaks.get(name)?.abort(new Error(`${name} was broken`)),
    clock: (inner) => ({
      now: inner.now,
      wall: inner.wall,
      async sleep(ms, signal) {
        try {
          await inner.sleep(ms, signal)
        } catch (thrown) {
          if (state !== 'open') await pass(NEVER, () => timers)
          throw thrown
        }
        await pass(signal, () => timers)
      },
    }),
  }
}
