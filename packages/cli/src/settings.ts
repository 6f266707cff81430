import { nets } from '@resfn/archs'
import { adapters } from '@resfn/runtime'
import { either as E } from 'fp-ts'
import * as v from 'valibot'
import { type CliError, usageError } from './error.ts'
import { unknownName } from './nearest.ts'
import { presets, type Recipe } from './presets.ts'

/** Everything that decides what a run does: the recipe, and what does not belong to one. Plain data, kept in the checkpoint. */
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
}

/** What the command line may set; all else comes from the preset. */
export type SettingFlags = { readonly [K in keyof Settings]?: Settings[K] }

const number = v.pipe(v.number(), v.finite())
const whole = (low: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(low))
const from0 = v.pipe(number, v.minValue(0))
const share = v.pipe(number, v.minValue(0), v.maxValue(1))

const schema: v.GenericSchema<Settings> = v.object({
  preset: v.string(),
  net: v.string(),
  data: v.string(),
  epochs: whole(0),
  batch: whole(1),
  optimiser: v.picklist(['sgd', 'adam']),
  lr: from0,
  schedule: v.picklist(['constant', 'cosine', 'milestones', 'one-cycle']),
  momentum: v.pipe(share, v.notValue(1)),
  nesterov: v.boolean(),
  weightDecay: from0,
  smoothing: share,
  resize: whole(0),
  flip: v.boolean(),
  crop: whole(0),
  normalise: v.boolean(),
  seed: whole(0),
  images: whole(0),
  saveSteps: whole(1),
  backend: v.string(),
  threads: whole(0),
})

/** Settings from data of unknown origin, such as a checkpoint. */
export const decodeSettings = (value: unknown): E.Either<string, Settings> => {
  const result = v.safeParse(schema, value)
  return result.success
    ? E.right(result.output)
    : E.left(result.issues.map((issue) => `${v.getDotPath(issue) ?? 'settings'}: ${issue.message}`).join('; '))
}

const known = (kind: string, name: string, names: readonly string[], where: string): E.Either<CliError, string> =>
  names.includes(name) ? E.right(name) : E.left(usageError(unknownName(kind, name, names, where)))

/** Checks the name of a backend before anything is loaded. */
export const knownBackend = (name: string): E.Either<CliError, string> => {
  const names = ['auto', ...Object.keys(adapters)]
  return known('backend', name, names, `those known are ${names.join(', ')}; resfn doctor says what works here`)
}

const isGiven = ([, value]: readonly [string, unknown]): boolean => value !== undefined

/** The settings of a new run: those of the preset with every given flag over it. */
export const settingsFrom = (flags: SettingFlags): E.Either<CliError, Settings> => {
  // A net asked for without a preset is trained by the recipe of the default one.
  const { preset: name = 'default' } = flags
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined
  if (preset === undefined)
    return E.left(
      usageError(
        unknownName('preset', name, Object.keys(presets), `those known are ${Object.keys(presets).join(', ')}`),
      ),
    )
  const given = Object.fromEntries(Object.entries(flags).filter(isGiven)) as SettingFlags
  const plain = given.momentum === 0 || given.optimiser === 'adam'
  const settings: Settings = {
    ...preset.recipe,
    preset: name,
    data: preset.data ?? 'auto',
    seed: 0,
    images: 0,
    saveSteps: 50,
    backend: 'auto',
    threads: 0,
    ...(plain && { nesterov: false }),
    ...given,
  }
  const net = known('net', settings.net, Object.keys(nets), 'see resfn nets')
  if (E.isLeft(net)) return net
  const backend = knownBackend(settings.backend)
  if (E.isLeft(backend)) return backend
  const checked = decodeSettings(settings)
  return E.isLeft(checked) ? E.left(usageError(checked.left)) : checked
}
