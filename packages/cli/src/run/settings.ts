import { nets } from '@resfn/archs'
import { decodeWith, presets, type Recipe, recipeEntries, type RecipeError, wholeNumber } from '@resfn/recipe'
import type { Wire } from '@resfn/collective'
import type { either as E } from 'fp-ts'
import * as v from 'valibot'
import { unwrap, usageError } from '../error.ts'
import { checkName } from '../text/nearest.ts'
import { checkBackend } from './backend.ts'

/**
 * Everything that decides what a run does: the recipe, and what does not belong to one. Plain data, kept in the
 * checkpoint.
 */
export type Settings = Recipe & {
  readonly preset: string
  /** `auto`, `subset`, or a folder. */
  readonly data: string
  readonly seed: number
  /** At most so many training images; 0 for all. */
  readonly images: number
  /** Save after so many steps (and after each epoch). */
  readonly saveSteps: number
  readonly backend: string
  /** Threads of the WASM backend; 0 for all cores. Once a run is started, the number that it has. */
  readonly threads: number
  /** The share of each class of photos that is drawn for testing. */
  readonly testShare: number
  /** Whether a photo that cannot be read ends the run. */
  readonly strict: boolean
  /** Worker threads that read photos; 0 for as many as there are cores. */
  readonly workers: number
  /** The net that teaches: a run, a checkpoint, a folder or a hub id; empty for none. */
  readonly teacher: string
  /** Whether batch normalisation is by the statistics of all ranks. */
  readonly syncBatchNorm: boolean
  /** How gradients travel between ranks. */
  readonly wire: Wire
}

/** What the command line may set; all else comes from the preset. */
export type SettingFlags = { readonly [K in keyof Settings]?: Settings[K] }

const schema: v.GenericSchema<unknown, Settings> = v.object({
  ...recipeEntries,
  preset: v.string(),
  data: v.string(),
  seed: wholeNumber({ from: 0 }),
  images: wholeNumber({ from: 0 }),
  saveSteps: wholeNumber({ from: 1 }),
  backend: v.string(),
  threads: wholeNumber({ from: 0 }),
  testShare: v.optional(v.number(), 0.2),
  strict: v.optional(v.boolean(), false),
  workers: v.optional(wholeNumber({ from: 0 }), 0),
  teacher: v.optional(v.string(), ''),
  syncBatchNorm: v.optional(v.boolean(), false),
  wire: v.optional(v.picklist(['float32', 'float16', 'bfloat16']), 'float32'),
}) as v.GenericSchema<unknown, Settings>

/** Settings from data of unknown origin, such as a checkpoint. */
export const decodeSettings = (value: unknown): E.Either<RecipeError, Settings> => decodeWith(schema, value)

const isGiven = ([, value]: readonly [string, unknown]): boolean => value !== undefined

/**
 * The settings of a new run: those of the preset with every given flag over it; throws a `CliError` where they make no
 * sense.
 */
export const settingsFrom = (flags: SettingFlags): Settings => {
  // A net asked for without a preset is trained by the recipe of the default one.
  const { preset: name = 'default' } = flags
  checkName('preset', name, Object.keys(presets), `those known are ${Object.keys(presets).join(', ')}`)
  const { recipe, data = 'auto' } = presets[name]!
  const given = Object.fromEntries(Object.entries(flags).filter(isGiven)) as SettingFlags
  const plain = given.momentum === 0 || (given.optimiser !== undefined && given.optimiser !== 'sgd')
  const asPictures = (given.scale ?? 0) > 0 || (given.randAugment ?? '') !== '' || (given.colourJitter ?? 0) > 0
  if (asPictures && (given.crop ?? 0) > 0)
    throw usageError(
      '--crop pads small images, and --scale, --rand-augment and --colour-jitter change pictures before that; give one or the other',
    )
  if ((given.teacher ?? '') === '' && (given.temperature !== undefined || given.distillation !== undefined))
    throw usageError('--temperature and --distillation are about a teacher; say which net teaches with --teacher')
  const settings: Settings = {
    ...recipe,
    preset: name,
    data,
    seed: 0,
    images: 0,
    saveSteps: 50,
    backend: 'auto',
    threads: 0,
    testShare: 0.2,
    strict: false,
    workers: 0,
    teacher: '',
    syncBatchNorm: false,
    wire: 'float32',
    ...(asPictures && { crop: 0 }),
    ...(plain && { nesterov: false }),
    ...given,
  }
  checkName('net', settings.net, Object.keys(nets), 'see resfn nets')
  checkBackend(settings.backend)
  const decoded = decodeSettings(settings)
  if (decoded._tag === 'Left') throw usageError(decoded.left.message)
  return unwrap(decoded)
}
