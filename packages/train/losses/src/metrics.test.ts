import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  accuracy,
  addConfusions,
  addScores,
  confusion,
  LossError,
  meanLoss,
  noScore,
  perClass,
  predictions,
  type Score,
  scoreOf,
  topCorrect,
} from './index.ts'

const classes = 4

/** Batches of logits that are float32 already, with labels. */
const batch = fc
  .array(
    fc.record({
      row: fc.array(fc.integer({ min: -40, max: 40 }), { minLength: classes, maxLength: classes }),
      label: fc.nat(classes - 1),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((examples) => ({
    logits: { values: Float32Array.from(examples.flatMap(({ row }) => row)), classes },
    labels: Int32Array.from(examples, ({ label }) => label),
  }))

const rowsOf = ({ values }: { readonly values: Float32Array }): readonly (readonly number[])[] =>
  Array.from({ length: values.length / classes }, (_, i) => [...values.subarray(i * classes, (i + 1) * classes)])

describe('predictions', () => {
  it('agree with softmax written out', () => {
    fc.assert(
      fc.property(batch, ({ logits, labels }) => {
        const said = predictions(logits, labels)
        rowsOf(logits).forEach((row, i) => {
          const softmax = row.map((x) => Math.exp(x) / row.reduce((sum, other) => sum + Math.exp(other), 0))
          expect(said.predicted[i]).toBe(row.indexOf(Math.max(...row)))
          expect(said.probabilities[i]).toBeCloseTo(Math.max(...softmax), 6)
          expect(said.losses[i]).toBeCloseTo(-Math.log(softmax[labels[i]!]!), 6)
        })
      }),
    )
  })

  it('and metrics take labels beyond 255, in any array that holds them', () => {
    const count = 1000
    const row = (label: number): number[] => Array.from({ length: count }, (_, c) => (c === label ? 9 : 0))
    const logits = { values: Float32Array.from([...row(999), ...row(256)]), classes: count }
    for (const labels of [new Uint16Array([999, 0]), new Int32Array([999, 0])]) {
      const said = predictions(logits, labels)
      expect([...said.predicted]).toEqual([999, 256])
      expect(scoreOf(said, labels).correct).toBe(1)
      expect(topCorrect(1)(logits, labels)).toBe(1)
      const counts = confusion(count)(labels, said.predicted)
      expect([counts[999]![999], counts[0]![256]]).toEqual([1, 1])
    }
    expect(() => predictions(logits, new Uint16Array([1000, 0]))).toThrow(
      'label 0 is 1000, but the classes are 0 to 999',
    )
  })

  it('are those of the classes that are not masked', () => {
    const { losses, predicted, probabilities } = predictions(
      { values: new Float32Array([2, -Infinity, 1]), classes: 3 },
      new Int32Array([0]),
    )
    expect(predicted[0]).toBe(0)
    expect(losses[0]).toBeCloseTo(0.3132617, 6)
    expect(probabilities[0]).toBeCloseTo(0.7310586, 6)
  })

  it('stay finite for logits of any size', () => {
    const { losses, probabilities } = predictions(
      { values: new Float32Array([3e38, -3e38]), classes: 2 },
      new Int32Array([0]),
    )
    expect([losses[0], probabilities[0]]).toEqual([0, 1])
  })

  it.each([
    [new Int32Array([0, 1, 4]), 'label 2 is 4, but the classes are 0 to 3'],
    [new Int32Array([0, -1, 3]), 'label 1 is -1'],
    [new Int32Array([0, 1]), '2 labels need 8 logits for 4 classes, but there are 12'],
  ])('name the label that does not fit (%s)', (labels, message) => {
    const logits = { values: new Float32Array(12), classes }
    expect(() => predictions(logits, labels)).toThrow(LossError)
    expect(() => predictions(logits, labels)).toThrow(message)
    expect(() => topCorrect(1)(logits, labels)).toThrow(message)
  })
})

describe('topCorrect', () => {
  it('counts the labels among the first k of the sorted classes', () => {
    fc.assert(
      fc.property(batch, fc.integer({ min: 1, max: classes + 1 }), ({ logits, labels }, k) => {
        const sorted = rowsOf(logits).map((row) => row.map((x, c) => ({ x, c })).sort((a, b) => b.x - a.x || a.c - b.c))
        const expected = sorted.filter((row, i) => row.slice(0, k).some(({ c }) => c === labels[i])).length
        expect(topCorrect(k)(logits, labels)).toBe(expected)
      }),
    )
  })

  it('counts as the score does for k = 1, and everything for k = classes', () => {
    fc.assert(
      fc.property(batch, ({ logits, labels }) => {
        expect(topCorrect(1)(logits, labels)).toBe(scoreOf(predictions(logits, labels), labels).correct)
        expect(topCorrect(classes)(logits, labels)).toBe(labels.length)
      }),
    )
  })

  it('does not count what is not a number', () => {
    expect(topCorrect(2)({ values: new Float32Array([Number.NaN, Number.NaN]), classes: 2 }, new Int32Array([0]))).toBe(
      0,
    )
  })

  it('refuses k = 0', () => {
    expect(() => topCorrect(0)).toThrow('topCorrect: k must be a whole number of at least 1, not 0')
  })
})

describe('scores', () => {
  const score: fc.Arbitrary<Score> = fc.record({ examples: fc.nat(100), correct: fc.nat(100), loss: fc.nat(1000) })

  it('add up in any grouping, and nothing adds nothing', () => {
    fc.assert(
      fc.property(score, score, score, (a, b, c) => {
        expect(addScores(addScores(a, b), c)).toEqual(addScores(a, addScores(b, c)))
        expect(addScores(a, noScore)).toEqual(a)
      }),
    )
  })

  it('give the mean loss and the accuracy', () => {
    const labels = new Int32Array([0, 1])
    const score = scoreOf(predictions({ values: new Float32Array([0, 0, 0, 0, 0, 0, 0, 0]), classes }, labels), labels)
    expect(meanLoss(score)).toBeCloseTo(Math.log(4), 12)
    expect(accuracy(score)).toBe(0.5)
    expect(accuracy(noScore)).toBeNaN()
  })
})

describe('confusion', () => {
  it('counts every example once, in the row of its label and the column of its prediction', () => {
    const counts = confusion(3)(new Int32Array([0, 0, 2, 1]), new Int32Array([0, 2, 2, 0]))
    expect(counts).toEqual([
      [1, 0, 1],
      [1, 0, 0],
      [0, 0, 1],
    ])
  })

  it('of two batches is the sum of theirs', () => {
    fc.assert(
      fc.property(batch, batch, (a, b) => {
        const [said, other] = [a, b].map(({ logits, labels }) => ({
          labels,
          predicted: predictions(logits, labels).predicted,
        }))
        const count = confusion(classes)
        const together = count(
          Int32Array.from([...said!.labels, ...other!.labels]),
          Int32Array.from([...said!.predicted, ...other!.predicted]),
        )
        expect(addConfusions(count(said!.labels, said!.predicted), count(other!.labels, other!.predicted))).toEqual(
          together,
        )
      }),
    )
  })

  it('gives recall, precision and F1 of each class', () => {
    const [first, second, third] = perClass([
      [3, 1, 0],
      [2, 2, 0],
      [0, 0, 0],
    ])
    expect(first).toEqual({ examples: 4, recall: 0.75, precision: 0.6, f1: 6 / 9 })
    expect(second).toEqual({ examples: 4, recall: 0.5, precision: 2 / 3, f1: 4 / 7 })
    expect(third).toEqual({ examples: 0, recall: Number.NaN, precision: Number.NaN, f1: Number.NaN })
  })

  it('names what does not fit', () => {
    expect(() => confusion(2)(new Int32Array([0]), new Int32Array([0, 1]))).toThrow(
      'there are 1 labels and 2 predictions',
    )
    expect(() => confusion(2)(new Int32Array([0, 2]), new Int32Array([0, 1]))).toThrow(
      'example 1 has label 2 and prediction 1, but the classes are 0 to 1',
    )
    expect(() => confusion(2)(new Int32Array([0]), new Int32Array([-1]))).toThrow('prediction -1')
    expect(() =>
      addConfusions(
        [[1]],
        [
          [1, 0],
          [0, 1],
        ],
      ),
    ).toThrow('1 classes against 2')
  })
})
