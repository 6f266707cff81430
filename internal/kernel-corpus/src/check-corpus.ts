import { corpus } from './corpus.ts'
import type { CorpusCase } from './corpus-case.ts'
import { exclusionOf, type Exclusions, exclusionsOf, reasonOf } from './exclusions.ts'
import { runCase } from './run-case.ts'
import { startTarget, type Target } from './start.ts'

/** A case that was left out, why, and whether it would pass all the same. */
export type Excluded = { readonly name: string; readonly reason: string; readonly passes: boolean }

/** What came of the corpus on one backend. */
export type CorpusReport = {
  readonly backend: string
  /** What ran, in words: threads, an adapter. */
  readonly details: string
  readonly passed: number
  readonly failed: readonly { readonly name: string; readonly faults: readonly string[] }[]
  readonly excluded: readonly Excluded[]
  /** The largest relative difference from plain JavaScript, of each topic. */
  readonly differences: { readonly [topic: string]: number }
  readonly seconds: number
}

/** What to run, and who is told of each case. */
export type CheckOptions = {
  readonly exclusions?: Exclusions
  readonly cases?: { readonly [topic: string]: readonly CorpusCase[] }
  readonly progress?: (name: string, faults: readonly string[]) => void
}

/** Runs the corpus on a target, without a test runner. */
export const checkCorpus = async (
  target: Target,
  { exclusions = exclusionsOf(target), cases = corpus, progress }: CheckOptions = {},
): Promise<CorpusReport> => {
  const started = performance.now()
  const details = await startTarget(target)
  const failed: { readonly name: string; readonly faults: readonly string[] }[] = []
  const excluded: Excluded[] = []
  const differences: { [topic: string]: number } = {}
  let passed = 0
  for (const [topic, examples] of Object.entries(cases))
    for (const example of examples) {
      const { name } = example
      const exclusion = exclusionOf(exclusions, name)
      if (typeof exclusion === 'object') {
        excluded.push({ name, reason: exclusion.reason, passes: false })
        continue
      }
      const { faults, difference } = await runCase(example, target.backend)
      if (exclusion !== undefined) excluded.push({ name, reason: reasonOf(exclusion), passes: faults.length === 0 })
      else if (faults.length > 0) failed.push({ name, faults })
      else passed++
      if (exclusion === undefined) differences[topic] = Math.max(differences[topic] ?? 0, difference)
      progress?.(name, faults)
    }
  const seconds = (performance.now() - started) / 1000
  return { backend: target.backend, details, passed, failed, excluded, differences, seconds }
}
