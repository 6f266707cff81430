import { testTrainedNet } from '@resfn/test-utils'
import { describe } from 'vitest'
import { fashionMnistPreactresnet20 } from './index.ts'

describe('the trained net', () => {
  testTrainedNet({ name: 'cifar-preactresnet20', files: fashionMnistPreactresnet20, accuracy: 0.93 })
})
