import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closeTo, onBackend, values } from './fixtures/parity.ts'
import { useWasm } from './use-wasm.ts'

const run = (name: string, inputs: { [name: string]: tf.Tensor }, attributes: object = {}): tf.Tensor[] => {
  const outputs = tf.engine().runKernel(name, inputs, attributes as never) as tf.Tensor | tf.Tensor[]
  return Array.isArray(outputs) ? outputs : [outputs]
}

// The composed forms, which the cpu backend runs.
const reference = {
  train: (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, epsilon: number): tf.Tensor[] => {
    const { mean, variance } = tf.moments(x, [...x.shape.keys()].slice(0, -1))
    return [tf.add(tf.mul(weight, tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon)))), bias), mean, variance]
  },
  gradient: (
    dy: tf.Tensor,
    x: tf.Tensor,
    weight: tf.Tensor,
    mean: tf.Tensor,
    variance: tf.Tensor,
    epsilon: number,
  ): tf.Tensor[] => {
    const axes = [...x.shape.keys()].slice(0, -1)
    const r = tf.rsqrt(tf.add(variance, epsilon))
    const normal = tf.mul(tf.sub(x, mean), r)
    const dx = tf.mul(
      tf.mul(weight, r),
      tf.sub(tf.sub(dy, tf.mean(dy, axes)), tf.mul(normal, tf.mean(tf.mul(dy, normal), axes))),
    )
    return [dx, tf.sum(tf.mul(dy, normal), axes), tf.sum(dy, axes)]
  },
}

for (const threads of [1, 2]) {
  describe(`kernels with ${threads} thread${threads === 1 ? '' : 's'}`, () => {
    let dispose = (): void => {}
    beforeAll(async () => {
      dispose = (await useWasm({ threads })).dispose
    })
    afterAll(() => dispose())

    for (const shape of [
      [2, 3, 5, 1],
      [3, 7, 5, 16],
      [1, 9, 9, 17],
      [40, 12, 12, 64],
      [33, 31, 17],
      [33, 20],
    ]) {
      const channels = shape[shape.length - 1]!
      const size = shape.reduce((a, b) => a * b, 1)
      const inputs = (): { [name: string]: tf.Tensor } => ({
        x: tf.add(tf.tensor(values(size, 1), shape), 0.5),
        weight: tf.tensor1d(values(channels, 2)),
        bias: tf.tensor1d(values(channels, 3)),
        dy: tf.tensor(values(size, 4), shape),
      })

      it(`BatchNormTrain and its gradient agree with the composed forms on [${shape}]`, async () => {
        const expected = await onBackend('cpu', () => {
          const { x, weight, bias, dy } = inputs()
          const forward = reference.train(x!, weight!, bias!, 1e-5)
          return [...forward, ...reference.gradient(dy!, x!, weight!, forward[1]!, forward[2]!, 1e-5)]
        })
        const actual = await onBackend('wasm', () => {
          const { x, weight, bias, dy } = inputs()
          const forward = run('BatchNormTrain', { x: x!, weight: weight!, bias: bias! }, { epsilon: 1e-5 })
          const [, mean, variance] = forward
          return [
            ...forward,
            ...run(
              'BatchNormTrainGrad',
              { dy: dy!, x: x!, weight: weight!, mean: mean!, variance: variance! },
              { epsilon: 1e-5 },
            ),
          ]
        })
        for (const [i, name] of ['y', 'mean', 'variance', 'dx', 'dweight', 'dbias'].entries())
          closeTo(actual[i]!, expected[i]!, 1e-4, name)
      })

      it(`sums, means, relu, add and the affine batch norm agree with the cpu backend on [${shape}]`, async () => {
        const compute = (): tf.Tensor[] => {
          const { x, weight, bias, dy } = inputs()
          const axes = [...shape.keys()].slice(0, -1)
          return [
            tf.sum(x!, axes),
            tf.mean(x!, axes, true),
            tf.sum(x!),
            tf.mean(x!),
            tf.relu(dy!),
            tf.add(x!, dy!),
            tf.sum(x!, -1),
            ...(shape.length === 4
              ? [
                  tf.mean(x!, [1, 2]),
                  tf.sum(x!, [1, 2], true),
                  tf.batchNorm(
                    x! as tf.Tensor4D,
                    weight! as tf.Tensor1D,
                    tf.abs(weight!) as tf.Tensor1D,
                    bias! as tf.Tensor1D,
                    weight! as tf.Tensor1D,
                    1e-5,
                  ),
                ]
              : []),
          ]
        }
        const [expected, actual] = [await onBackend('cpu', compute), await onBackend('wasm', compute)]
        for (const [i, values] of expected.entries()) closeTo(actual[i]!, values, 1e-5, `output ${i}`)
      })
    }

    it('ReluGrad lets dy through where y is positive', async () => {
      const [dx] = await onBackend('wasm', () =>
        run('ReluGrad', { dy: tf.tensor1d([1, 2, 3, 4, 5]), y: tf.tensor1d([0, 1, 0, 0.5, 2]) }),
      )
      expect([...dx!]).toEqual([0, 2, 0, 4, 5])
    })

    it('BatchNormTrain is accurate far from zero', async () => {
      const noise = values(4096 * 8, 5)
      const [y, , variance] = await onBackend('wasm', () =>
        run(
          'BatchNormTrain',
          { x: tf.add(tf.tensor2d(noise, [4096, 8]), 1000), weight: tf.ones([8]), bias: tf.zeros([8]) },
          { epsilon: 0 },
        ),
      )
      const shifted = noise.map((value) => Math.fround(value + 1000))
      for (let c = 0; c < 8; c++) {
        const column = Array.from({ length: 4096 }, (_, i) => shifted[i * 8 + c]!)
        const mean = column.reduce((a, b) => a + b) / 4096
        const expected = column.reduce((a, b) => a + (b - mean) ** 2, 0) / 4096
        expect(Math.abs(variance![c]! / expected - 1)).toBeLessThan(1e-4)
        expect(Math.abs(y![c]! - (column[0]! - mean) / Math.sqrt(expected))).toBeLessThan(1e-3)
      }
    })

    for (const count of [73_728, 1_000_000, 99_991]) {
      it(`the mean of ${count} times 0.1 is 0.1`, async () => {
        const [mean, columns] = await onBackend('wasm', () => [
          tf.mean(tf.fill([count], 0.1)),
          tf.mean(tf.fill([count, 3], 0.1), [0]),
        ])
        expect(Math.abs(mean![0]! - 0.1)).toBeLessThan(1e-6)
        for (const value of columns!) expect(Math.abs(value - 0.1)).toBeLessThan(1e-6)
      })
    }

    for (const [rows, inner, columns] of [
      [1, 1, 1],
      [5, 7, 3],
      [64, 64, 10],
      [33, 16, 24],
    ] as const) {
      for (const [transposeA, transposeB] of [
        [false, false],
        [true, false],
        [false, true],
        [true, true],
      ] as const) {
        it(`matMul agrees with the cpu backend: [${rows},${inner}] [${inner},${columns}], transposed ${transposeA}, ${transposeB}`, async () => {
          const compute = (): tf.Tensor[] => {
            const a = tf.tensor(values(rows * inner, 1), transposeA ? [inner, rows] : [rows, inner]) as tf.Tensor2D
            const b = tf.tensor(
              values(inner * columns, 2),
              transposeB ? [columns, inner] : [inner, columns],
            ) as tf.Tensor2D
            const bias = tf.tensor1d(values(columns, 3))
            return [
              tf.matMul(a, b, transposeA, transposeB),
              tf.fused.matMul({ a, b, transposeA, transposeB, bias, activation: 'relu' }),
              tf.matMul(tf.expandDims(a), tf.expandDims(b), transposeA, transposeB),
            ]
          }
          const [expected, actual] = [await onBackend('cpu', compute), await onBackend('wasm', compute)]
          for (const [i, product] of expected.entries()) closeTo(actual[i]!, product, 1e-5, `product ${i}`)
        })
      }
    }

    it('matMul agrees with the cpu backend on batches, broadcast from one', async () => {
      const compute = (): tf.Tensor[] => {
        const a = tf.tensor3d(values(3 * 4 * 5, 1), [3, 4, 5])
        const b = tf.tensor3d(values(3 * 5 * 6, 2), [3, 5, 6])
        const one = tf.tensor3d(values(5 * 6, 3), [1, 5, 6])
        const bias = tf.tensor1d(values(6, 4))
        return [
          tf.matMul(a, b),
          tf.matMul(a, one),
          tf.matMul(tf.transpose(a, [0, 2, 1]), b, true),
          tf.fused.matMul({ a, b: one, bias, activation: 'relu' }),
          tf.fused.matMul({ a: tf.transpose(a, [0, 2, 1]), b, transposeA: true, bias }),
        ]
      }
      const [expected, actual] = [await onBackend('cpu', compute), await onBackend('wasm', compute)]
      for (const [i, product] of expected.entries()) closeTo(actual[i]!, product, 1e-5, `product ${i}`)
    })

    // The cpu backend is no reference here: where both sides broadcast, it fills only a part of the result.
    for (const [aBatch, bBatch] of [
      [
        [2, 1],
        [1, 3],
      ],
      [[2, 1], [3]],
      [[3], [2, 1]],
      [
        [2, 1, 2],
        [1, 3, 1],
      ],
      [
        [2, 3],
        [2, 3],
      ],
      [[1], [2, 3]],
    ] as const)
      for (const transposeA of [false, true])
        it(`matMul broadcasts batches [${aBatch}] and [${bBatch}]${transposeA ? ', the first transposed' : ''}`, async () => {
          const outer = tf.broadcast_util.assertAndGetBroadcastShape([...aBatch], [...bBatch])
          const [product, composed] = await onBackend('wasm', () => {
            const sizeOf = (shape: readonly number[]): number => shape.reduce((x, y) => x * y, 1)
            const a = tf.tensor(values(sizeOf(aBatch) * 77, 1), [...aBatch, 7, 11])
            const b = tf.tensor(values(sizeOf(bBatch) * 55, 2), [...bBatch, 11, 5])
            const left = transposeA ? tf.transpose(a, [...aBatch.keys(), a.rank - 1, a.rank - 2]) : a
            const result = tf.matMul(left, b, transposeA)
            expect(result.shape).toEqual([...outer, 7, 5])
            // The sum over inner of a[…, rows, inner, 1] * b[…, 1, inner, columns].
            return [result, tf.sum(tf.mul(tf.expandDims(a, -1), tf.expandDims(b, -3)), -2)]
          })
          closeTo(product!, composed!, 1e-5, 'product')
        })

    it('matMul takes one matrix under two shapes', async () => {
      const compute = (): tf.Tensor[] => {
        const b = tf.tensor2d(values(24 * 16, 2), [24, 16])
        return [
          tf.matMul(tf.tensor2d(values(5 * 24, 1), [5, 24]), b),
          tf.matMul(tf.tensor2d(values(5 * 16, 1), [5, 16]), tf.reshape(b, [16, 24]) as tf.Tensor2D),
        ]
      }
      const [expected, actual] = [await onBackend('cpu', compute), await onBackend('wasm', compute)]
      for (const [i, product] of expected.entries()) closeTo(actual[i]!, product, 1e-5, `product ${i}`)
    })

    it('slices, pads and tiles as the cpu backend does', async () => {
      const compute = (): tf.Tensor[] => {
        const x = tf.tensor4d(values(3 * 4 * 5 * 6, 1), [3, 4, 5, 6])
        const five = tf.reshape(x, [3, 2, 2, 5, 6])
        return [
          tf.slice(x, [1, 1, 2, 3], [2, 2, 3, 2]),
          tf.slice(x, [0, 1, 0, 0], [3, 2, 5, 6]),
          tf.slice(x, [2]),
          tf.slice(x, [0, 0, 0, 5], [-1, -1, -1, 1]),
          tf.slice(tf.reshape(x, [36, 10]), [0, 0], [36, 5]),
          tf.slice(five, [1, 0, 1, 2, 3], [2, 1, 1, 3, 2]),
          tf.slice(tf.tensor1d([1, 2, 3]), 1, 1),
          tf.slice(x, [0, 0, 0, 0], [3, 4, 5, 0]),
          tf.pad(x, [
            [0, 1],
            [2, 0],
            [1, 1],
            [0, 3],
          ]),
          tf.pad(x, [
            [0, 0],
            [0, 0],
            [0, 0],
            [0, 0],
          ]),
          tf.pad(five, [
            [1, 0],
            [0, 1],
            [1, 1],
            [0, 0],
            [2, 2],
          ]),
          tf.pad(
            x,
            [
              [0, 0],
              [1, 1],
              [1, 1],
              [0, 0],
            ],
            7,
          ),
          tf.tile(x, [1, 1, 1, 2]),
          tf.tile(x, [2, 1, 1, 1]),
          tf.tile(x, [1, 3, 1, 2]),
          tf.tile(tf.slice(x, [0, 0, 0, 0], [3, 1, 1, 6]), [1, 4, 5, 1]),
          tf.broadcastTo(tf.tensor1d([1, 2, 3]), [4, 2, 3]),
          tf.tile(tf.scalar(2), []),
          tf.tile(tf.tensor1d([1, 2]), [1]),
        ]
      }
      const [expected, actual] = [await onBackend('cpu', compute), await onBackend('wasm', compute)]
      for (const [i, output] of expected.entries()) expect(actual[i], `output ${i}`).toEqual(output)
    })

    it('concatenates and splits along any axis as the cpu backend does', async () => {
      const compute = (): tf.Tensor[] => {
        const x = tf.tensor4d(values(3 * 4 * 5 * 6, 1), [3, 4, 5, 6])
        const y = tf.tensor4d(values(3 * 4 * 5 * 6, 2), [3, 4, 5, 6])
        const five = tf.reshape(x, [3, 2, 2, 5, 6])
        const large = tf.tensor4d(values(8 * 30 * 30 * 17, 3), [8, 30, 30, 17])
        const none = tf.slice(x, [0, 0, 0, 0], [3, 4, 5, 0])
        return [
          ...[0, 1, 2, 3, -1].map((axis) => tf.concat([x, y, x], axis)),
          tf.concat([x, tf.slice(y, [0, 0, 0, 0], [3, 4, 5, 1]), none], -1),
          tf.concat([five, five], -1),
          tf.concat([tf.tensor1d([1, 2]), tf.tensor1d([3])]),
          tf.concat([tf.tensor1d([1, 2], 'int32'), tf.tensor1d([3], 'int32')]),
          tf.concat([large, tf.slice(large, [0, 0, 0, 3], [8, 30, 30, 5])], -1),
          ...tf.split(x, [1, 2, 3], -1),
          ...tf.split(x, 2, 1),
          ...tf.split(x, [3, 0, 3], -1),
          ...tf.split(five, 5, 3),
          ...tf.split(large, [2, -1], -1),
          ...tf.split(tf.tensor1d([1, 2, 3, 4], 'int32'), 2),
        ]
      }
      const [expected, actual] = [await onBackend('cpu', compute), await onBackend('wasm', compute)]
      expect(actual.length).toBe(expected.length)
      for (const [i, output] of expected.entries()) expect(actual[i], `output ${i}`).toEqual(output)
      expect(() => tf.concat([tf.ones([2, 3]), tf.ones([3, 4])], -1)).toThrow(/concat/i)
    })

    it('copies large boxes on all threads', async () => {
      const compute = (): tf.Tensor[] => {
        const x = tf.tensor4d(values(8 * 30 * 30 * 17, 1), [8, 30, 30, 17])
        const middle = tf.slice(x, [0, 1, 1, 0], [8, 28, 28, 17])
        return [
          middle,
          tf.pad(middle as tf.Tensor4D, [
            [0, 0],
            [1, 1],
            [1, 1],
            [0, 3],
          ]),
          tf.tile(tf.slice(x, [0, 0, 0, 0], [8, 1, 1, 17]), [1, 20, 20, 1]),
        ]
      }
      const [expected, actual] = [await onBackend('cpu', compute), await onBackend('wasm', compute)]
      for (const [i, output] of expected.entries()) expect(actual[i], `output ${i}`).toEqual(output)
    })

    it('keeps NaN', async () => {
      const outputs = await onBackend('wasm', () => {
        const x = tf.tensor4d([Number.NaN, 1, 2, 3, 4, 5, 6, 7], [1, 1, 1, 8])
        return [tf.relu(x), tf.conv2d(x, tf.ones([1, 1, 8, 8]) as tf.Tensor4D, 1, 0), tf.mean(x)]
      })
      for (const output of outputs) expect(output[0]).toBeNaN()
    })

    it('shares the data of a clone, and frees it with the last one', async () => {
      await tf.setBackend('wasm')
      const before = tf.engine().backend.numDataIds()
      const x = tf.tensor1d([1, 2, 3])
      const copy = tf.clone(x)
      expect(tf.engine().backend.numDataIds()).toBe(before + 1)
      x.dispose()
      expect([...copy.dataSync()]).toEqual([1, 2, 3])
      copy.dispose()
      expect(tf.engine().backend.numDataIds()).toBe(before)
    })

    describe('MaxPoolGrad', () => {
      const gradient = (
        backend: string,
        x: Float32Array,
        shape: [number, number, number, number],
        size: number,
        stride: number,
        pad: number | 'same' | 'valid',
      ): Promise<Float32Array[]> =>
        onBackend(backend, () => {
          const input = tf.tensor4d(x, shape)
          const output = tf.maxPool(input, size, stride, pad)
          const dy = tf.tensor(values(output.size, 7), output.shape)
          return run('MaxPoolGrad', { dy, input, output }, { filterSize: [size, size], strides: [stride, stride], pad })
        })

      for (const channels of [1, 3, 4, 17, 64]) {
        for (const [size, stride, pad] of [
          [2, 2, 0],
          [3, 2, 1],
          [3, 1, 'same'],
          [3, 3, 'valid'],
        ] as const) {
          it(`agrees with the cpu backend: ${channels} channels, window ${size}, stride ${stride}, pad ${pad}, all signs`, async () => {
            const shape: [number, number, number, number] = [3, 7, 8, channels]
            for (const shift of [0, -2]) {
              const x = values(3 * 7 * 8 * channels, 6).map((value) => value + shift)
              const [expected, actual] = [
                await gradient('cpu', x, shape, size, stride, pad),
                await gradient('wasm', x, shape, size, stride, pad),
              ]
              closeTo(actual[0]!, expected[0]!, 1e-5, 'dx')
            }
          })
        }
      }

      it('gives the gradient of a tie to the first element in row-major order', async () => {
        for (const channels of [1, 4]) {
          const [dx] = await onBackend('wasm', () => {
            const input = tf.fill([1, 2, 2, channels], -1)
            return run(
              'MaxPoolGrad',
              { dy: tf.ones([1, 1, 1, channels]), input, output: tf.fill([1, 1, 1, channels], -1) },
              { filterSize: [2, 2], strides: [2, 2], pad: 0 },
            )
          })
          expect([...dx!]).toEqual(Array.from({ length: 4 * channels }, (_, i) => (i < channels ? 1 : 0)))
        }
      })
    })

    describe('AvgPoolGrad', () => {
      for (const channels of [1, 5, 16]) {
        it(`agrees with the cpu backend without padding, ${channels} channels`, async () => {
          const gradient = (backend: string): Promise<Float32Array[]> =>
            onBackend(backend, () => {
              const input = tf.tensor4d(values(2 * 8 * 8 * channels, 1), [2, 8, 8, channels])
              return run(
                'AvgPoolGrad',
                { dy: tf.tensor4d(values(2 * 9 * channels, 2), [2, 3, 3, channels]), input },
                { filterSize: [3, 3], strides: [2, 2], pad: 'valid' },
              )
            })
          closeTo((await gradient('wasm'))[0]!, (await gradient('cpu'))[0]!, 1e-5, 'dx')
        })
      }

      it('is the gradient of avgPool with padding too: shares go to the elements that were averaged', async () => {
        const [forward, backward] = await onBackend('wasm', () => {
          const input = tf.tensor4d(values(2 * 5 * 5 * 4, 1), [2, 5, 5, 4])
          const output = tf.avgPool(input, 3, 2, 1)
          const dy = tf.tensor(values(output.size, 2), output.shape)
          const [dx] = run('AvgPoolGrad', { dy, input }, { filterSize: [3, 3], strides: [2, 2], pad: 1 })
          // avgPool is linear: <avgPool(x), dy> = <x, dx>.
          return [tf.sum(tf.mul(output, dy)), tf.sum(tf.mul(input, dx!))]
        })
        closeTo(backward!, forward!, 1e-5, 'inner products')
      })
    })
  })
}
