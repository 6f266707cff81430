import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNet } from '@resfn/archs'
import { init } from '@resfn/layer'
import { key } from '@resfn/random'
import { bitsOf, publishedFiles, startHub } from '@resfn/test-utils'
import { flatten } from '@resfn/tree'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { either as E } from 'fp-ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadNet, type NetConfig } from './index.ts'
import { isOfTransformers, parseTransformersConfig } from './transformers-config.ts'

/** The fields of `microsoft/resnet-18`, with three classes. */
const resnet18 = {
  architectures: ['ResNetForImageClassification'],
  depths: [2, 2, 2, 2],
  downsample_in_first_stage: false,
  embedding_size: 64,
  hidden_act: 'relu',
  hidden_sizes: [64, 128, 256, 512],
  id2label: { '0': 'cat', '1': 'dog', '2': 'cow' },
  label2id: { cat: 0, dog: 1, cow: 2 },
  layer_type: 'basic',
  model_type: 'resnet',
  num_channels: 3,
  torch_dtype: 'float32',
}
/** Those of its `preprocessor_config.json`. */
const convnext = {
  crop_pct: 0.875,
  do_normalize: true,
  do_resize: true,
  feature_extractor_type: 'ConvNextFeatureExtractor',
  image_mean: [0.485, 0.456, 0.406],
  image_std: [0.229, 0.224, 0.225],
  resample: 3,
  size: 224,
}
const parse = (config: object, processor: object = convnext): ReturnType<typeof parseTransformersConfig> =>
  parseTransformersConfig({ config: JSON.stringify(config), processor: JSON.stringify(processor) }, 'net/config.json')
const parsed = (config: object, processor?: object): NetConfig => {
  const found = parse(config, processor)
  if (E.isLeft(found)) throw new Error(found.left.message)
  return found.right
}

describe('a config of transformers', () => {
  it('is told from one of timm', () => {
    expect(isOfTransformers(JSON.stringify(resnet18))).toBe(true)
    for (const text of ['{', '[]', 'null', '{"architecture":"resnet18","model_type":"timm_wrapper"}'])
      expect(isOfTransformers(text)).toBe(false)
  })

  it('says which net, its classes and its preprocessing', () => {
    expect(parsed(resnet18)).toEqual({
      architecture: 'resnet18',
      classes: ['cat', 'dog', 'cow'],
      input: [224, 224, 3],
      preprocessing: {
        size: [224, 224],
        channels: 3,
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
        interpolation: 'bicubic',
        cropFraction: 0.875,
        cropMode: 'center',
      },
    })
    const { layer_type: _, depths: __, hidden_sizes: ___, ...defaults } = resnet18
    expect(parsed(defaults).architecture).toBe('resnet50')
    for (const [depths, name] of [
      [[3, 4, 23, 3], 'resnet101'],
      [[3, 8, 36, 3], 'resnet152'],
    ])
      expect(parsed({ ...defaults, depths }).architecture).toBe(name)
  })

  it.each([
    ['of ConvNeXt, as an object', { ...convnext, size: { shortest_edge: 224 } }, [[224, 224], 0.875, 'center']],
    ['of ConvNeXt, of a large image', { ...convnext, size: { shortest_edge: 384 } }, [[384, 384], 1, 'squash']],
    [
      'that squashes',
      { image_processor_type: 'ViTImageProcessor', size: { height: 96, width: 128 } },
      [[96, 128], 1, 'squash'],
    ],
    [
      'that crops',
      { size: { shortest_edge: 256 }, do_center_crop: true, crop_size: { height: 224, width: 224 } },
      [[224, 224], 0.875, 'center'],
    ],
  ] as const)('with a processor %s', (_, processor, [size, cropFraction, cropMode]) => {
    expect(parsed(resnet18, processor).preprocessing).toMatchObject({ size, cropFraction, cropMode })
  })

  it('crops what a side was resized to, to the pixel', () => {
    for (let side = 224; side < 300; side++) {
      const { cropFraction } = parsed(resnet18, {
        size: { shortest_edge: side },
        do_center_crop: true,
        crop_size: 224,
      }).preprocessing
      expect(Math.floor(224 / cropFraction)).toBe(side)
    }
    expect(parsed(resnet18, { ...convnext, do_normalize: false }).preprocessing).toMatchObject({
      mean: [0, 0, 0],
      std: [1, 1, 1],
    })
  })

  it.each<[object, object, RegExp]>([
    [{ model_type: 'vit' }, {}, /model_type: resfn knows resnet, not "vit"; of transformers, resfn reads the ResNets/],
    [{ architectures: ['ResNetModel'] }, {}, /architectures\.0: the net has no head/],
    [{ depths: [1, 1, 1, 1] }, {}, /no ResNet of basic blocks with depths 1, 1, 1, 1/],
    [{ hidden_sizes: [32, 64, 128, 256] }, {}, /hidden_sizes 32, 64, 128, 256 here/],
    [{ downsample_in_bottleneck: true }, {}, /downsample_in_bottleneck: resfn knows false/],
    [{ hidden_act: 'gelu' }, {}, /hidden_act: resfn knows relu/],
    [{ id2label: { '1': 'cat' } }, {}, /id2label must name the labels from 0 to 0/],
    [{ id2label: undefined }, {}, /id2label: it is missing/],
    [{}, { resample: 0 }, /preprocessor_config\.json: resample: resfn knows 2 \(bilinear\) and 3 \(bicubic\)/],
    [{}, { image_std: [0] }, /preprocessor_config\.json: image_mean and image_std must be 3 numbers each/],
    [{}, { size: 'large' }, /preprocessor_config\.json: size: give a number/],
  ])('that says %j, with a processor that says %j, is told', (changes, processor, message) => {
    const found = parse({ ...resnet18, ...changes }, { ...convnext, ...processor })
    expect(found).toMatchObject({ left: { _tag: 'WrongConfig', message: expect.stringMatching(message) as string } })
  })
})

describe('a net of transformers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'resfn-transformers-'))
  beforeAll(() => tf.setBackend('cpu'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('is loaded with the weights under its own keys', async () => {
    const made = createNet('resnet18', { classes: 3 })
    const variables = init(made, key(0), made.input)
    const files = {
      ...(await publishedFiles('resnet18', { format: 'transformers' })),
      'config.json': JSON.stringify(resnet18),
      'preprocessor_config.json': JSON.stringify(convnext),
    }
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
    const hub = await startHub({ 'microsoft/resnet-18': files })
    const options = { endpoint: hub.endpoint, cache: join(folder, 'hub'), offline: false }
    const digests = (tree: unknown): readonly string[] =>
      flatten<tf.Tensor>(tree).map(
        ({ path, leaf }) => `${path} ${createHash('sha256').update(bitsOf(leaf)).digest('hex')}`,
      )
    const loaded = await loadNet('microsoft/resnet-18', options)()
    if (E.isLeft(loaded)) throw new Error(loaded.left.message)
    const { name, classes, params, state } = loaded.right
    expect([name, ...classes]).toEqual(['resnet18', 'cat', 'dog', 'cow'])
    expect(digests([params, state])).toEqual(digests([variables.params, variables.state]))
    tf.dispose([params, state] as never)
    rmSync(join(folder, 'preprocessor_config.json'))
    expect(await loadNet(folder)()).toMatchObject({
      left: { _tag: 'NotFound', message: expect.stringContaining('it has no preprocessor_config.json') as string },
    })
    await hub.close()
  })
})
