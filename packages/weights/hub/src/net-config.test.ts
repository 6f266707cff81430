import { readFixture } from '@resfn/test-utils'
import { either as E } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import { formatNetConfig, type NetConfig, parseNetConfig, pretrainedNames } from './index.ts'

type Row = {
  readonly name: string
  readonly config: { readonly architecture: string; readonly num_classes: number }
  readonly data: {
    readonly input_size: readonly [number, number, number]
    readonly interpolation: string
    readonly mean: readonly number[]
    readonly std: readonly number[]
    readonly crop_pct: number
    readonly crop_mode: string
  }
}
const rows = readFixture<readonly Row[]>(new URL('./fixtures/configs.json', import.meta.url))

const parsed = (config: object): NetConfig => {
  const found = parseNetConfig(JSON.stringify(config))
  if (E.isLeft(found)) throw new Error(found.left.message)
  return found.right
}
const message = (config: object): string => {
  const found = parseNetConfig(JSON.stringify(config))
  return E.isLeft(found) ? found.left.message : 'it is right'
}

describe('the config of timm', () => {
  it('is there for every name', () => {
    expect(rows.map(({ name }) => name)).toEqual(pretrainedNames)
    expect(rows.length).toBeGreaterThan(150)
  })

  it.each(rows.map((row) => [row.name, row] as const))('of %s is understood as timm understands it', (_, row) => {
    const { architecture, classes, input, preprocessing } = parsed(row.config)
    const { data } = row
    const [channels, height, width] = data.input_size
    expect({ architecture, count: classes.length, input }).toEqual({
      architecture: row.config.architecture,
      count: row.config.num_classes,
      input: [height, width, channels],
    })
    expect(preprocessing).toEqual({
      size: [height, width],
      channels,
      mean: data.mean,
      std: data.std,
      interpolation: data.interpolation,
      cropFraction: data.crop_pct,
      cropMode: data.crop_mode,
    })
  })

  it.each(rows.map((row) => [row.name, row] as const))('of %s comes back from the text of what it says', (_, row) => {
    const config = parsed(row.config)
    expect(parsed(JSON.parse(formatNetConfig(config)) as object)).toEqual(config)
  })

  it('of a net for grey images comes back too', () => {
    const config = parsed(
      small({ model_args: { in_chans: 1 }, label_names: ['a', 'b', 'c'] }, { input_size: [1, 28, 20] }),
    )
    expect(config.input).toEqual([28, 20, 1])
    expect(parsed(JSON.parse(formatNetConfig(config)) as object)).toEqual(config)
  })

  const small = (changes: object = {}, pretrained: object = {}): object => ({
    architecture: 'resnet18',
    num_classes: 3,
    pretrained_cfg: pretrained,
    ...changes,
  })

  it('names the classes by their descriptions, names, ImageNet, or numbers', () => {
    const named = (changes: object): readonly string[] => parsed(small(changes)).classes
    expect(named({ label_names: ['a', 'b', 'c'] })).toEqual(['a', 'b', 'c'])
    expect(named({ label_names: ['a', 'b', 'c'], label_descriptions: { b: 'a bee' } })).toEqual(['a', 'a bee', 'c'])
    expect(named({ label_names: { 0: 'a', 2: 'c' } })).toEqual(['a', 'class 1', 'c'])
    expect(named({})).toEqual(['class 0', 'class 1', 'class 2'])
    expect(named({ num_classes: 1000 })[281]).toBe('tabby, tabby cat')
    expect(message(small({ label_names: ['a', 'b', 'c', 'd'] }))).toMatch(/label_names has labels/)
  })

  it('has its fields at the top where it is old', () => {
    const old = { architecture: 'resnet18', num_classes: 2, input_size: [3, 64, 96], crop_pct: 1, mean: [0, 0, 0] }
    expect(parsed(old)).toMatchObject({ input: [64, 96, 3], preprocessing: { cropFraction: 1, mean: [0, 0, 0] } })
  })

  it('of a net for grey images has the mean of the colours', () => {
    const { input, preprocessing } = parsed(small({ model_args: { in_chans: 1 } }, { mean: [0.1, 0.2, 0.3] }))
    expect(input).toEqual([224, 224, 1])
    expect(preprocessing.mean[0]).toBeCloseTo(0.2, 12)
  })

  it.each<[string, object, RegExp]>([
    [
      'an interpolation',
      small({}, { interpolation: 'lanczos' }),
      /pretrained_cfg\.interpolation: resfn knows bilinear/,
    ],
    ['a crop', small({}, { crop_pct: -1 }), /crop_pct: give a number above 0/],
    ['a size', small({}, { input_size: [3, 0, 7] }), /input_size\.1: give a number from 1/],
    ['channels', small({}, { input_size: [4, 8, 8] }), /the images have 4 channels/],
    ['a deviation', small({}, { std: [1, 0, 1] }), /those of std above 0/],
    ['no head', small({ num_classes: 0 }), /num_classes: the net has no head/],
    ['a pooling', small({ global_pool: 'max' }), /global_pool: resfn knows avg/],
    ['several faults', small({ global_pool: 'max' }, { crop_mode: 'left' }), /global_pool.*crop_mode/],
    ['a config of transformers', { architectures: ['ResNetForImageClassification'] }, /architecture: it is missing/],
    ['a list', [], /reads the config\.json that timm writes/],
  ])('with %s that resfn does not know is told', (_, config, expected) => {
    expect(message(config)).toMatch(expected)
  })
})
