import { dispose, engine, getBackend, memory, setBackend, type Tensor, tidy } from '@tensorflow/tfjs-core'
import { differenceOf, largestOf, type Read } from './compare.ts'
import type { CorpusCase, Outputs } from './corpus-case.ts'

/** What came of a case: the largest relative difference of its outputs, and what is wrong. */
export type CaseResult = { readonly name: string; readonly difference: number; readonly faults: readonly string[] }

type Reads = { readonly [output: string]: Read }

const switchTo = async (backend: string): Promise<void> => {
  if (getBackend() !== backend) await setBackend(backend)
  if (getBackend() !== backend) throw new Error(`the case would run on ${getBackend()} and not on ${backend}`)
}

/** The backend that holds the data of a tensor. */
const holderOf = (tensor: Tensor): unknown => engine().state.tensorInfo.get(tensor.dataId)?.backend

const read = async (compute: () => Outputs): Promise<Reads> => {
  const outputs: Outputs = tidy(() => compute() as { [name: string]: Tensor })
  try {
    const reads = await Promise.all(
      Object.entries(outputs).map(async ([name, output]) => {
        if (holderOf(output) !== engine().backend) throw new Error(`${name} is not on ${getBackend()}`)
        return [name, { shape: output.shape, values: (await output.data()).slice() }] as const
      }),
    )
    return Object.fromEntries(reads)
  } finally {
    dispose(outputs as { [name: string]: Tensor })
  }
}

const counts = (): string => `${memory().numTensors} tensors, ${engine().backend.numDataIds()} of data`

const references = new WeakMap<CorpusCase, Promise<Reads>>()

/** What plain JavaScript computes for a case, once for all backends. */
const referenceOf = (example: CorpusCase): Promise<Reads> => {
  const known = references.get(example)
  if (known !== undefined) return known
  const reads = (async () => {
    await switchTo('cpu')
    return read(example.reference ?? example.compute)
  })()
  references.set(example, reads)
  return reads
}

const compare = (actual: Reads, expected: Reads, tolerance: number): Omit<CaseResult, 'name'> => {
  if (String(Object.keys(actual)) !== String(Object.keys(expected)))
    return { difference: Infinity, faults: [`it gives ${Object.keys(actual)} and not ${Object.keys(expected)}`] }
  // Times the usual tolerance this is the last place of a float32.
  const floor = 1e-2 * largestOf(Object.values(expected))
  const faults: string[] = []
  let largest = 0
  for (const [name, output] of Object.entries(actual)) {
    const difference = differenceOf(output, expected[name]!, floor)
    if (typeof difference === 'string') faults.push(`${name} ${difference}`)
    else {
      largest = Math.max(largest, difference)
      if (difference > tolerance)
        faults.push(`${name} differs by ${difference.toExponential(1)}, more than ${tolerance}`)
    }
  }
  return { difference: largest, faults }
}

/**
 * Runs a case on a backend and compares it with plain JavaScript, which must be registered. A case must leave as many
 * tensors, and as much data on the backend, as it found.
 */
export const runCase = async (example: CorpusCase, backend: string): Promise<CaseResult> => {
  const faults: string[] = []
  let difference = 0
  try {
    // Plain JavaScript is its own measure where a case has no other; it must leave nothing behind.
    const alone = backend === 'cpu' && example.reference === undefined
    const expected = alone ? undefined : await referenceOf(example)
    await switchTo(backend)
    let before = counts()
    let actual = await read(example.compute)
    if (counts() !== before) {
      // What is made once for a backend, at the first use, is not a leak.
      before = counts()
      actual = await read(example.compute)
      if (counts() !== before) faults.push(`it leaves ${counts()}, where there were ${before}`)
    }
    if (expected !== undefined) {
      const compared = compare(actual, expected, example.tolerance ?? 1e-5)
      faults.push(...compared.faults)
      difference = compared.difference
    }
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error))
  }
  return { name: example.name, difference, faults }
}
