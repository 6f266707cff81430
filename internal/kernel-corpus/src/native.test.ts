import { installedTensorflow } from '@resfn/test-utils'
import { describe, vi } from 'vitest'
import { nativeTarget } from './native-target.ts'
import { runCorpus } from './run-corpus.ts'

// The addon is built where it is not there yet.
vi.setConfig({ hookTimeout: 600_000 })

const tensorflow = installedTensorflow()

describe.skipIf(tensorflow === undefined)('the library of TensorFlow, with RESFN_TENSORFLOW', () => {
  runCorpus(nativeTarget(tensorflow ?? ''), { expected: /^TensorFlow 2\.\d+\.\d+ on [CG]PU:0, 2 threads$/ })
})
