import { nets } from '@resfn/archs/nets'
import { imagenetClasses } from '@resfn/imagenet-classes'
import type { Preprocessing } from '@resfn/preprocessing'
import { either as E } from 'fp-ts'
import * as v from 'valibot'
import { checked, jsonOf } from './checked.ts'
import { failure, type HubError } from './error.ts'
import { suggestNet } from './names.ts'

/** What the `config.json` of timm or of transformers says of a net. */
export type NetConfig = {
  /** its name in `listNets()` */
  readonly architecture: string
  /** what each output stands for; numbered where the config has no names */
  readonly classes: readonly string[]
  /** height, width and channels of an image */
  readonly input: readonly [height: number, width: number, channels: number]
  readonly preprocessing: Preprocessing
}

const positive = v.pipe(v.number(), v.finite(), v.gtValue(0, 'give a number above 0'))
const sideFrom1 = v.pipe(v.number(), v.integer('give a whole number'), v.minValue(1, 'give a number from 1'))
const moments = v.optional(v.union([v.array(v.pipe(v.number(), v.finite())), v.null()]))

const pretrainedSchema = v.object({
  input_size: v.optional(v.tuple([sideFrom1, sideFrom1, sideFrom1])),
  interpolation: v.optional(v.picklist(['bilinear', 'bicubic'], 'resfn knows bilinear and bicubic')),
  crop_pct: v.optional(v.pipe(positive, v.maxValue(2, 'give a share of the picture'))),
  crop_mode: v.optional(v.picklist(['center', 'squash', 'border'], 'resfn knows center, squash and border')),
  mean: moments,
  std: moments,
  num_classes: v.optional(v.number()),
})

/** Arguments of the constructor that change nothing in evaluation, or that are looked at here. */
const modelArgs = v.strictObject(
  {
    in_chans: v.optional(v.picklist([1, 3], 'resfn knows images of 1 and 3 channels')),
    num_classes: v.optional(v.number()),
    global_pool: v.optional(v.literal('avg', 'resfn knows avg')),
    drop_rate: v.optional(v.number()),
    drop_path_rate: v.optional(v.number()),
    drop_block_rate: v.optional(v.number()),
    pretrained: v.optional(v.boolean()),
  },
  ({ expected }) =>
    expected === 'never' ? 'resfn does not know this argument, which may change the net' : 'give an object',
)

const schema = v.object({
  architecture: v.string(),
  num_classes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1, 'the net has no head, and resfn needs one'))),
  global_pool: v.optional(v.literal('avg', 'resfn knows avg')),
  label_names: v.optional(v.union([v.array(v.string()), v.record(v.string(), v.string())])),
  label_descriptions: v.optional(v.record(v.string(), v.string())),
  model_args: v.optional(modelArgs),
  pretrained_cfg: pretrainedSchema,
})

type Config = v.InferOutput<typeof schema>

const isRecord = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Older files of timm have the fields of `pretrained_cfg` at the top. */
const withPretrained = (value: unknown): unknown =>
  isRecord(value) && value['pretrained_cfg'] === undefined ? { ...value, pretrained_cfg: value } : value

/** Names by label: a list, or a map from numbers. */
const names = ({ label_names = [], label_descriptions = {} }: Config, count: number): readonly string[] | undefined => {
  const given = Object.entries(label_names)
  if (given.length === 0) return count === imagenetClasses.length ? imagenetClasses : []
  const byLabel = new Map(given.map(([label, name]) => [Number(label), label_descriptions[name] ?? name]))
  return [...byLabel.keys()].every((label) => Number.isInteger(label) && label >= 0 && label < count)
    ? Array.from({ length: count }, (_, label) => byLabel.get(label) ?? `class ${label}`)
    : undefined
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** One number a channel; timm keeps those of colours for nets that were made for grey images. */
const forChannels = (values: readonly number[], channels: number): readonly number[] | undefined => {
  if (values.length === channels) return values
  if (values.length === 1) return Array.from({ length: channels }, () => values[0]!)
  return channels === 1 && values.length === 3 ? [mean(values)] : undefined
}

// timm's `IMAGENET_DEFAULT_MEAN` and `IMAGENET_DEFAULT_STD`.
const imagenetMean = [0.485, 0.456, 0.406]
const imagenetStd = [0.229, 0.224, 0.225]

const understood = (config: Config, where: string): E.Either<HubError, NetConfig> => {
  const wrong = (what: string): E.Either<HubError, never> => E.left(failure('WrongConfig', where, what))
  const { architecture, model_args: args, pretrained_cfg: pretrained } = config
  if (!Object.hasOwn(nets, architecture))
    return E.left(failure('UnknownNet', where, `there is no net "${architecture}" here; ${suggestNet(architecture)}`))
  const count = args?.num_classes ?? config.num_classes ?? pretrained.num_classes ?? nets[architecture]!.classes
  if (!Number.isInteger(count) || count < 1) return wrong(`num_classes is ${count}, and resfn needs a head`)
  const classes = names(config, count)
  if (classes === undefined) return wrong(`label_names has labels that are not among the ${count} of num_classes`)
  const [planes, height, width] = pretrained.input_size ?? [3, 224, 224]
  const channels = args?.in_chans ?? planes
  if (channels !== 1 && channels !== 3) return wrong(`the images have ${channels} channels, and resfn knows 1 and 3`)
  const centre = forChannels(pretrained.mean ?? imagenetMean, channels)
  const spread = forChannels(pretrained.std ?? imagenetStd, channels)
  if (centre === undefined || spread === undefined || spread.some((value) => value <= 0))
    return wrong(`mean and std must be ${channels} numbers each, those of std above 0`)
  return E.right({
    architecture,
    classes: classes.length === 0 ? Array.from({ length: count }, (_, label) => `class ${label}`) : classes,
    input: [height, width, channels],
    preprocessing: {
      size: [height, width],
      channels,
      mean: centre,
      std: spread,
      interpolation: pretrained.interpolation ?? 'bicubic',
      cropFraction: pretrained.crop_pct ?? 0.875,
      cropMode: pretrained.crop_mode ?? 'center',
    },
  })
}

const remedy = 'resfn reads the config.json that timm writes (save_for_hf, push_to_hf_hub)'

/**
 * What timm's `config.json` says of a net: which one, its classes by name, its images and what is done to them before.
 * What it leaves out is as in timm: 224 x 224, bicubic, a crop of 0.875, ImageNet's mean and deviation.
 *
 * @param text the text of the file
 * @param options `where` it is from, for messages
 * @returns the config, or what is wrong with each field
 * @see timm, `timm/models/_hub.py`, `save_config_for_hf`, and `timm/data/config.py`, `resolve_data_config`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { parseNetConfig } from '@resfn/hub'
 *
 * const text = '{ "architecture": "resnet18", "num_classes": 2, "label_names": ["cat", "dog"], "pretrained_cfg": {} }'
 * const config = parseNetConfig(text)
 * assert.ok(config._tag === 'Right')
 * assert.deepEqual(config.right.classes, ['cat', 'dog'])
 * assert.equal(config.right.preprocessing.interpolation, 'bicubic')
 * ```
 */
export const parseNetConfig = (
  text: string,
  { where = 'config.json' }: { readonly where?: string } = {},
): E.Either<HubError, NetConfig> => {
  const json = jsonOf(text, where, remedy)
  if (E.isLeft(json)) return json
  const found = checked(schema, withPretrained(json.right), where, remedy)
  return E.isLeft(found) ? found : understood(found.right, where)
}
