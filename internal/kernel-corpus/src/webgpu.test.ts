import { useSoftwareVulkan } from '@resfn/test-utils'
import { vi } from 'vitest'
import { topicsOf } from './corpus.ts'
import { runCorpus } from './run-corpus.ts'
import { targetOf } from './start.ts'

// The software driver takes a second to compile a convolution, so topics with many of them run where CORPUS=all asks.
const quick = [
  'normalisation',
  'reductions',
  'matrix products',
  'copying',
  'pools',
  'optimisers',
  'special values',
  'nothing and one',
]
const cases = topicsOf(process.env['CORPUS'] === 'all' ? [] : quick)

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })
useSoftwareVulkan()
runCorpus(targetOf('webgpu-resfn'), { expected: /swiftshader.*kernels of resfn/i, cases })
