import { lift } from '@resfn/layer'
import { add, type Tensor, tensor2d } from '@tensorflow/tfjs-core'
import { describeBackends, expectNoLeak } from '@resfn/test-utils'
import { expect, it } from 'vitest'
import { inPartsThatFit } from './evaluation.ts'

describeBackends('inPartsThatFit', () => {
  const fitting = (most: number): { readonly apply: (x: Tensor) => Tensor; readonly sizes: number[] } => {
    const sizes: number[] = []
    const net = inPartsThatFit(
      lift((x) => {
        sizes.push(x.shape[0]!)
        if (x.shape[0]! > most) throw Object.assign(new Error('full'), { _tag: 'OutOfMemoryError' })
        return add(x, 1)
      }),
    )
    return { apply: (x) => net.apply({}, x, {}), sizes }
  }
  const rows = [[1], [2], [3], [4], [5], [6], [7]]

  it('halves a batch until it fits, and remembers what fitted', () => {
    const { apply, sizes } = fitting(2)
    const x = tensor2d(rows)
    expect(apply(x).arraySync()).toEqual(rows.map(([value]) => [value! + 1]))
    expect(sizes).toEqual([7, 4, 2, 2, 2, 1])
    sizes.length = 0
    apply(x)
    expect(sizes).toEqual([2, 2, 2, 1])
  })

  it('fails where a single example does not fit, and for other errors', () => {
    expect(() => fitting(0).apply(tensor2d(rows))).toThrow('full')
    const broken = inPartsThatFit(
      lift(() => {
        throw new Error('broken')
      }),
    )
    expect(() => broken.apply({}, tensor2d(rows), {})).toThrow('broken')
  })

  it('leaves no tensor behind', () => {
    expectNoLeak(() => {
      const x = tensor2d(rows)
      const y = fitting(2).apply(x)
      x.dispose()
      y.dispose()
    })
  })
})
