import type { Preprocessing } from '@resfn/preprocessing'
import { either as E } from 'fp-ts'
import * as v from 'valibot'
import { checked, jsonOf } from './checked.ts'
import { failure, type HubError } from './error.ts'
import type { NetConfig } from './net-config.ts'

const remedy = 'of transformers, resfn reads the ResNets for classification (ResNetForImageClassification)'

/** The ResNets by their kind of block and their blocks in each stage. */
const architectures: { readonly [kind: string]: string } = {
  'basic 2,2,2,2': 'resnet18',
  'basic 3,4,6,3': 'resnet34',
  'bottleneck 2,2,2,2': 'resnet26',
  'bottleneck 3,4,6,3': 'resnet50',
  'bottleneck 3,4,23,3': 'resnet101',
  'bottleneck 3,8,36,3': 'resnet152',
  'bottleneck 3,24,36,3': 'resnet200',
}
const widths: { readonly [kind: string]: string } = { basic: '64,128,256,512', bottleneck: '256,512,1024,2048' }

const whole = v.pipe(v.number(), v.integer('give a whole number'), v.minValue(1, 'give a number from 1'))
const no = v.optional(v.literal(false, 'resfn knows false'), false)

const configSchema = v.object({
  model_type: v.literal('resnet', ({ received }) => `resfn knows resnet, not ${received}`),
  architectures: v.optional(
    v.tuple([v.literal('ResNetForImageClassification', 'the net has no head, and resfn needs one')]),
  ),
  num_channels: v.optional(v.picklist([1, 3], 'resfn knows images of 1 and 3 channels'), 3),
  embedding_size: v.optional(v.literal(64, 'resfn knows 64'), 64),
  hidden_sizes: v.optional(v.array(whole), [256, 512, 1024, 2048]),
  depths: v.optional(v.array(whole), [3, 4, 6, 3]),
  layer_type: v.optional(v.picklist(['basic', 'bottleneck'], 'resfn knows basic and bottleneck'), 'bottleneck'),
  hidden_act: v.optional(v.literal('relu', 'resfn knows relu'), 'relu'),
  downsample_in_first_stage: no,
  downsample_in_bottleneck: no,
  id2label: v.record(v.string(), v.string()),
})

const sides = v.object({ height: whole, width: whole })
const shortest = v.object({ shortest_edge: whole })
const flag = v.optional(v.boolean())
const moments = v.optional(v.pipe(v.array(v.pipe(v.number(), v.finite())), v.minLength(1)))

const processorSchema = v.object({
  image_processor_type: v.optional(v.string()),
  feature_extractor_type: v.optional(v.string()),
  do_resize: v.optional(v.literal(true, 'resfn knows true'), true),
  size: v.union([whole, sides, shortest], 'give a number, { shortest_edge } or { height, width }'),
  crop_pct: v.optional(v.nullable(v.pipe(v.number(), v.gtValue(0), v.maxValue(1, 'give a share of the picture')))),
  do_center_crop: flag,
  crop_size: v.optional(v.nullable(v.union([whole, sides]))),
  resample: v.optional(v.picklist([2, 3], 'resfn knows 2 (bilinear) and 3 (bicubic)'), 2),
  do_rescale: v.optional(v.literal(true, 'resfn knows true'), true),
  do_normalize: flag,
  image_mean: moments,
  image_std: moments,
})

type Processor = v.InferOutput<typeof processorSchema>
type View = Pick<Preprocessing, 'size' | 'cropFraction' | 'cropMode'>

/** The share of the picture that a crop takes of its short side. It says the side to the pixel. */
const fractionOf = (crop: number, side: number): number =>
  [crop / side, crop / (side + 0.5)].find((share) => Math.floor(crop / share) === side) ?? crop / side

/** What is resized and cropped. A processor of ConvNeXt crops small images, and squashes those from 384 pixels. */
const viewOf = (processor: Processor): View => {
  const { size, crop_size: crop, do_center_crop: isCropped, crop_pct: share } = processor
  const type = processor.image_processor_type ?? processor.feature_extractor_type ?? ''
  const side = typeof size === 'number' ? size : 'shortest_edge' in size ? size.shortest_edge : undefined
  const squashed = (height: number, width: number): View => ({
    size: [height, width],
    cropFraction: 1,
    cropMode: 'squash',
  })
  if (type.startsWith('ConvNext') && side !== undefined)
    return side < 384
      ? { size: [side, side], cropFraction: share ?? 224 / 256, cropMode: 'center' }
      : squashed(side, side)
  if (isCropped === true && crop != null) {
    const [height, width] = typeof crop === 'number' ? [crop, crop] : [crop.height, crop.width]
    const before = side ?? (typeof size === 'number' || !('height' in size) ? height : size.height)
    return { size: [height, width], cropFraction: fractionOf(height, before), cropMode: 'center' }
  }
  if (typeof size !== 'number' && 'height' in size) return squashed(size.height, size.width)
  return squashed(side ?? 224, side ?? 224)
}

// transformers' `IMAGENET_DEFAULT_MEAN` and `IMAGENET_DEFAULT_STD`.
const imagenetMean: readonly number[] = [0.485, 0.456, 0.406]
const imagenetStd: readonly number[] = [0.229, 0.224, 0.225]

/** The moments of images that are not normalised. */
const unchanged = (
  channels: number,
): { readonly image_mean: readonly number[]; readonly image_std: readonly number[] } => ({
  image_mean: new Array<number>(channels).fill(0),
  image_std: new Array<number>(channels).fill(1),
})

/** Whether a `config.json` is one of transformers, and not of timm. */
export const isOfTransformers = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && 'model_type' in value && !('architecture' in value)
  } catch {
    return false
  }
}

/**
 * What transformers' `config.json` and `preprocessor_config.json` say of a ResNet: which one, its classes, and what is
 * done to images before.
 *
 * @see transformers, `models/resnet/configuration_resnet.py` and `models/convnext/image_processing_convnext.py`
 */
export const parseTransformersConfig = (
  { config, processor }: { readonly config: string; readonly processor: string },
  where: string,
): E.Either<HubError, NetConfig> => {
  const beside = where.replace(/config\.json$/, 'preprocessor_config.json')
  const [json, own] = [jsonOf(config, where, remedy), jsonOf(processor, beside, remedy)]
  if (E.isLeft(json)) return json
  if (E.isLeft(own)) return own
  const found = checked(configSchema, json.right, where, remedy)
  if (E.isLeft(found)) return found
  const seen = checked(processorSchema, own.right, beside, remedy)
  if (E.isLeft(seen)) return seen
  const { layer_type: kind, depths, hidden_sizes: hidden, num_channels: channels, id2label } = found.right
  const wrong = (what: string, at = where): E.Either<HubError, never> =>
    E.left(failure('WrongConfig', at, `${what}; ${remedy}`))
  const architecture = architectures[`${kind} ${depths.join(',')}`]
  if (architecture === undefined || hidden.join(',') !== widths[kind])
    return wrong(
      `there is no ResNet of ${kind} blocks with depths ${depths.join(', ')} and hidden_sizes ${hidden.join(', ')} here`,
    )
  const count = Object.keys(id2label).length
  const classes = Array.from({ length: count }, (_, label) => id2label[label])
  if (count === 0 || !classes.every((name) => name !== undefined))
    return wrong(`id2label must name the labels from 0 to ${Math.max(0, count - 1)}`)
  const { image_mean: mean = imagenetMean, image_std: std = imagenetStd } =
    seen.right.do_normalize === false ? unchanged(channels) : seen.right
  if (mean.length !== channels || std.length !== channels || std.some((value) => value <= 0))
    return wrong(`image_mean and image_std must be ${channels} numbers each, those of image_std above 0`, beside)
  const view = viewOf(seen.right)
  return E.right({
    architecture,
    classes: classes as readonly string[],
    input: [...view.size, channels],
    preprocessing: { ...view, channels, mean, std, interpolation: seen.right.resample === 3 ? 'bicubic' : 'bilinear' },
  })
}
