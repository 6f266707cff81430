import { either as E } from 'fp-ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeRecipe,
  describeRecipe,
  optimiserOf,
  parseRates,
  preprocessing,
  presets,
  type Recipe,
  scheduleOf,
} from './index.ts'

const moments = { mean: [0.5], std: [0.25] }
const recipeNamed = (name: string): Recipe => presets[name]!.recipe

describe('presets', () => {
  it.each(Object.entries(presets))('%s makes an optimiser and a schedule', (_, { recipe }) => {
    expect(optimiserOf(recipe)).toHaveProperty('update')
    const schedule = scheduleOf(recipe, { examples: 1000 })
    const steps = recipe.epochs * Math.ceil(1000 / recipe.batch)
    const rates = Array.from({ length: steps }, (_, step) => schedule(step))
    expect(rates.every((rate) => rate >= 0 && rate <= recipe.lr + 1e-12)).toBe(true)
    expect(Math.max(...rates)).toBeGreaterThan(recipe.lr * 0.9)
  })

  it.each(Object.keys(presets))('%s survives JSON', (name) => {
    expect(decodeRecipe(JSON.parse(JSON.stringify(recipeNamed(name))))).toEqual(E.right(recipeNamed(name)))
  })

  it('d2l-resnet18 is the recipe of the book', () => {
    const { net, epochs, batch, lr, momentum, weightDecay, resize, normalise, flip, crop, smoothing } =
      recipeNamed('d2l-resnet18')
    expect({ net, epochs, batch, lr, momentum, weightDecay, resize, normalise, flip, crop, smoothing }).toEqual({
      net: 'd2l-resnet18',
      epochs: 10,
      batch: 256,
      lr: 0.05,
      momentum: 0,
      weightDecay: 0,
      resize: 96,
      normalise: false,
      flip: false,
      crop: 0,
      smoothing: 0,
    })
  })
})

describe('parseRates', () => {
  it('reads patterns and factors', () => {
    expect(parseRates('')).toEqual({})
    expect(parseRates('stem, layer1..2 = 0.1;fc=10')).toEqual({ 'stem, layer1..2': 0.1, fc: 10 })
  })

  it.each([
    ['fc', '"fc" is not parts and a factor of at least 0; write such as stem,layer1=0.1;fc=10'],
    ['fc=', '"fc=" is not'],
    ['=1', '"=1" is not'],
    ['fc=-1', '"fc=-1" is not'],
    ['fc=1=2', '"fc=1=2" is not'],
    ['fc=fast', '"fc=fast" is not'],
    ['fc=1;', '"" is not'],
    ['fc=1;fc=2', 'fc stands twice'],
  ])('says what is wrong with %s', (text, message) => {
    expect(() => parseRates(text)).toThrow(message)
  })
})

describe('decodeRecipe', () => {
  it.each([
    [{ momentum: 1 }, 'momentum: give a number from 0 and below 1, not 1'],
    [{ smoothing: 2 }, 'smoothing: give a number from 0 to 1, not 2'],
    [{ batch: 0 }, 'batch: give a whole number from 1, not 0'],
    [{ batch: 1.5 }, 'batch: give a whole number from 1, not 1.5'],
    [{ epochs: 'many' }, 'epochs: give a whole number from 0, not "many"'],
    [{ resize: 14_000 }, 'resize: give a whole number from 0 to 2048, not 14000'],
    [{ schedule: 'linear' }, 'schedule: give constant, cosine, milestones or one-cycle, not "linear"'],
    [{ ema: 1 }, 'ema: give a number from 0 and below 1, not 1'],
    [{ temperature: 0 }, 'temperature: give a number above 0, not 0'],
    [{ distillation: 1.5 }, 'distillation: give a number from 0 to 1, not 1.5'],
    [{ rates: 'fc' }, 'rates: give factors by parts, such as stem,layer1=0.1;fc=10, or nothing, not "fc"'],
    [{ lr: Number.NaN }, 'lr: give a number from 0, not NaN'],
  ])('refuses %j', (change, message) => {
    expect(decodeRecipe({ ...recipeNamed('quick'), ...change })).toEqual(E.left({ _tag: 'RecipeError', message }))
  })

  it('takes no other data, and never throws', () => {
    fc.assert(fc.property(fc.anything(), (value) => void expect(E.isLeft(decodeRecipe(value))).toBe(true)))
  })
})

describe('preprocessing', () => {
  const images = { images: Float32Array.of(0, 1, 0.5, 0.5), shape: [1, 2, 2, 1] as const }

  it('leaves images as they are, or shifts and scales them by the moments', () => {
    expect([...preprocessing({ resize: 0, normalise: false }, moments)(images).images]).toEqual([0, 1, 0.5, 0.5])
    expect([...preprocessing({ resize: 0, normalise: true }, moments)(images).images]).toEqual([-2, 2, 0, 0])
  })

  it('resizes them', () => {
    expect(preprocessing({ resize: 4, normalise: true }, moments)(images).shape).toEqual([1, 4, 4, 1])
  })
})

describe('describeRecipe', () => {
  it('names what differs from plain SGD', () => {
    expect(describeRecipe(recipeNamed('default'))).toBe(
      'SGD, Nesterov momentum 0.9, one-cycle rate 0.3, batches of 128, weight decay 0.0005, label smoothing 0.05, flips, crops from 2 pixels of padding',
    )
    expect(describeRecipe(recipeNamed('d2l-resnet18-adam'))).toBe('Adam, constant rate 0.001, batches of 16')
  })
})
