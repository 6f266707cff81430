import { either as E } from 'fp-ts'
import { type Choice, chooseBackend, type ChoiceOptions, type Chosen } from './choose-backend.ts'

/** Settings of `useBackend`. */
export type UseBackendOptions = ChoiceOptions & {
  /**
   * Gets the text that says what was chosen and why; by default `console.info`, or `console.warn` where there are
   * warnings.
   */
  readonly report?: (line: string) => void
}

/**
 * One line that says what was chosen and why: `backend wasm (2 threads, SIMD): the fastest that works in Node`; and one
 * line for each warning.
 *
 * @param chosen what `chooseBackend` or `useBackend` gave
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { describeBackend } from '@resfn/runtime'
 *
 * const tried = [{ backend: 'wasm', reason: 'not installed' }]
 * const line = describeBackend({ backend: 'cpu', details: 'slow', reason: 'the fastest that works in Node', tried, warnings: [], dispose: () => {} })
 * assert.equal(line, 'backend cpu (slow): the fastest that works in Node; wasm not used: not installed')
 * ```
 */
export const describeBackend = ({ backend, details, reason, tried, warnings }: Chosen): string =>
  [
    [
      `backend ${backend} (${details}): ${reason}`,
      ...tried.map((attempt) => `${attempt.backend} not used: ${attempt.reason}`),
    ].join('; '),
    ...warnings.map((warning) => `warning: ${warning}`),
  ].join('\n')

/**
 * Makes a backend current, and says in one line which and why: `chooseBackend` for programs that want a promise.
 *
 * @param choice `'auto'`, a name, or names in the order to try them
 * @param options those of `chooseBackend`, and `report`, which gets the text
 * @returns what was chosen, why, and what was tried before
 * @throws BackendError that lists all that was tried, and why each does not work
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { useBackend } from '@resfn/runtime'
 *
 * const lines: string[] = []
 * const { backend } = await useBackend('cpu', { report: (line) => lines.push(line) })
 * assert.equal(backend, 'cpu')
 * assert.deepEqual(lines, ['backend cpu (plain JavaScript, slow): as asked'])
 * ```
 */
export const useBackend = async (
  choice: Choice = 'auto',
  { report, ...options }: UseBackendOptions = {},
): Promise<Chosen> => {
  const result = await chooseBackend(choice, options)()
  if (E.isLeft(result)) throw result.left
  const text = describeBackend(result.right)
  if (report !== undefined) report(text)
  else if (result.right.warnings.length > 0) console.warn(text)
  else console.info(text)
  return result.right
}
