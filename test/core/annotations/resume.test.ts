import t from 'tap'
import { isResumed, RESUME_ANNOTATION } from '../../../src/core/annotations/resume.ts'

t.test('only "true" gives a node back to heald; garbage leaves it with the person', async (t) => {
  t.equal(isResumed({ annotations: { [RESUME_ANNOTATION]: 'true' } }), true)
  t.equal(isResumed({ annotations: {} }), false)
  for (const value of ['', 'false', 'True', ' true', 'yes', '1', '{}']) {
    t.equal(isResumed({ annotations: { [RESUME_ANNOTATION]: value } }), false, value)
  }
})
