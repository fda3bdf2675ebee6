import t from 'tap'
import { until } from '../lab/until.ts'

t.test(
  'a limit is meant for a machine of its own: on one that is five times as slow it is five times as long',
  async (t) => {
    const waitedMs = async (slowness: number): Promise<number> => {
      const begun = performance.now()
      await t.rejects(
        until(
          'nothing',
          () => undefined,
          200,
          10,
          () => slowness,
        ),
        { message: /not within 0 s: nothing/ },
      )
      return performance.now() - begun
    }
    t.ok((await waitedMs(1)) >= 200)
    t.ok((await waitedMs(5)) >= 1_000)
  },
)
