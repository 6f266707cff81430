import { setFlagsFromString } from 'node:v8'
import { removeBackend } from '@tensorflow/tfjs-core'
import { describe } from 'vitest'
import { corpus } from './corpus.ts'
import { runCorpus } from './run-corpus.ts'
import { type Target, targets } from './start.ts'

const [major = 0] = process.versions.node.split('.').map(Number)
// Node 20 has relaxed SIMD behind a flag, later versions always.
const plainly = major < 22 ? /strict/ : /relaxed/

const relaxed: Target = {
  backend: 'wasm',
  start: () => {
    setFlagsFromString('--experimental-wasm-relaxed-simd')
    removeBackend('wasm')
    return targets['wasm-2']!.start()
  },
}

describe('plain JavaScript', () => {
  // The curves are what it computed before.
  const { curves: _, ...cases } = corpus
  runCorpus(targets['cpu']!, { cases })
})
describe('one thread', () => {
  runCorpus(targets['wasm-1']!, { expected: plainly })
})
describe('two threads', () => {
  runCorpus(targets['wasm-2']!, { expected: plainly })
})
if (major < 22)
  describe('two threads, relaxed SIMD', () => {
    runCorpus(relaxed, { expected: /2 threads, relaxed/ })
  })
