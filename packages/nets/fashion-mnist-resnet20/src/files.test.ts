import { testTrainedNet } from '@resfn/test-utils'
import { describe } from 'vitest'
import { fashionMnistResnet20 } from './index.ts'

describe('the trained net', () => {
  testTrainedNet({ name: 'cifar-resnet20', files: fashionMnistResnet20, accuracy: 0.93 })
})
