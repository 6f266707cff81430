import { nets } from '@resfn/archs'
import { either as E } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import { optimiserOf, scheduleOf } from './learning.ts'
import { presets } from './presets.ts'
import { decodeSettings, type Settings, settingsFrom } from './settings.ts'

const right = <A>(value: E.Either<unknown, A>): A => {
  if (E.isLeft(value)) throw value.left
  return value.right
}

const labels = { labels: new Uint8Array(1000) }

describe('presets', () => {
  it.each(Object.entries(presets))(
    '%s is a recipe for a net that exists, and makes an optimiser and a schedule',
    (name, { recipe }) => {
      expect(Object.keys(nets)).toContain(recipe.net)
      const settings = right(settingsFrom({ preset: name }))
      expect(optimiserOf(settings)).toHaveProperty('update')
      const schedule = scheduleOf(settings, labels)
      const steps = settings.epochs * Math.ceil(1000 / settings.batch)
      const rates = Array.from({ length: steps }, (_, step) => schedule(step))
      expect(rates.every((rate) => rate >= 0 && rate <= settings.lr + 1e-12)).toBe(true)
      expect(Math.max(...rates)).toBeGreaterThan(settings.lr * 0.9)
    },
  )

  it('d2l-resnet18 is the recipe of the book', () => {
    const { net, epochs, batch, lr, momentum, weightDecay, resize, normalise, flip, crop, smoothing } =
      presets['d2l-resnet18']!.recipe
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

  it('quick is for the images that come with resfn, whatever others there are', () => {
    expect(right(settingsFrom({ preset: 'quick' })).data).toBe('subset')
    expect(right(settingsFrom({ preset: 'quick', data: 'folder' })).data).toBe('folder')
  })
})

describe('the settings of a run', () => {
  it('are those of the default preset where nothing is said', () => {
    expect(right(settingsFrom({}))).toMatchObject({
      ...presets['default']!.recipe,
      preset: 'default',
      data: 'auto',
      seed: 0,
      backend: 'auto',
      threads: 0,
    })
  })

  it('are overridden by flags, one by one', () => {
    const settings = right(settingsFrom({ preset: 'lenet-bn', lr: 0.5, epochs: 3, flip: true, seed: 9 }))
    expect(settings).toEqual({
      ...right(settingsFrom({ preset: 'lenet-bn' })),
      lr: 0.5,
      epochs: 3,
      flip: true,
      seed: 9,
    })
  })

  it('drop Nesterov where there is no momentum', () => {
    expect(right(settingsFrom({ momentum: 0 })).nesterov).toBe(false)
    expect(() => optimiserOf(right(settingsFrom({ momentum: 0 })))).not.toThrow()
  })

  it.each([
    [{ preset: 'quik' }, 'there is no preset "quik"; did you mean quick?'],
    [{ net: 'resnet21' }, 'there is no net "resnet21"; did you mean resnet20'],
    [{ backend: 'wsam' }, 'there is no backend "wsam"; did you mean wasm?'],
    [{ momentum: 1 }, 'momentum: '],
    [{ smoothing: 2 }, 'smoothing: '],
  ])('refuse %j', (flags, message) => {
    expect(settingsFrom(flags)).toMatchObject({
      left: { exitCode: 2, message: expect.stringContaining(message) as string },
    })
  })

  it('survive JSON, and nothing else is taken for them', () => {
    const settings: Settings = right(settingsFrom({ preset: 'quick' }))
    expect(decodeSettings(JSON.parse(JSON.stringify(settings)))).toEqual(E.right(settings))
    expect(decodeSettings({ ...settings, epochs: 'many' })).toMatchObject({
      left: expect.stringContaining('epochs: ') as string,
    })
    expect(E.isLeft(decodeSettings(undefined))).toBe(true)
  })
})
