import { beforeAll, describe, expect, it } from 'vitest'
import { corpus } from './corpus.ts'
import { exclusionOf, exclusionsOf, type Exclusions, reasonOf } from './exclusions.ts'
import { runCase } from './run-case.ts'
import { startTarget, type Target } from './start.ts'

/** What the backend is known to fail, what its details must say, and the cases. */
export type RunOptions = {
  readonly exclusions?: Exclusions
  readonly expected?: RegExp
  readonly cases?: typeof corpus
}

/**
 * The corpus as tests of vitest. What is excluded is printed, and must still fail: else the exclusion can go.
 *
 * @param target the backend, and how it is started
 * @param options the exclusions of the backend, by default those that are known
 */
export const runCorpus = (
  target: Target,
  { exclusions = exclusionsOf(target), expected = /./, cases = corpus }: RunOptions = {},
): void => {
  describe(`the corpus on ${target.backend}`, () => {
    beforeAll(async () => {
      const details = await startTarget(target)
      expect(details).toMatch(expected)
      console.info(`the corpus runs on ${target.backend}: ${details}`)
      for (const [name, exclusion] of Object.entries(exclusions))
        console.info(`excluded: ${name} (${reasonOf(exclusion)})`)
    })
    for (const [topic, examples] of Object.entries(cases))
      describe(topic, () => {
        for (const example of examples) {
          const exclusion = exclusionOf(exclusions, example.name)
          if (typeof exclusion === 'object') continue
          const title = exclusion === undefined ? example.name : `fails, as is known: ${example.name} (${exclusion})`
          it(title, async () => {
            const { faults } = await runCase(example, target.backend)
            if (exclusion === undefined) expect(faults).toEqual([])
            else expect(faults, 'passes now: take the exclusion away').not.toEqual([])
          })
        }
      })
  })
}
