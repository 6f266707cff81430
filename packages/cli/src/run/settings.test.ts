import { nets } from '@resfn/archs'
import { either as E } from 'fp-ts'
import { optimiserOf, presets } from '@resfn/recipe'
import { describe, expect, it } from 'vitest'
import { decodeSettings, type Settings, settingsFrom } from './settings.ts'

describe('presets', () => {
  it.each(Object.entries(presets))('%s is a recipe for a net that exists', (name, { recipe }) => {
    expect(Object.keys(nets)).toContain(recipe.net)
    expect(settingsFrom({ preset: name })).toMatchObject(recipe)
  })

  it('quick is for the images that come with resfn, whatever others there are', () => {
    expect(settingsFrom({ preset: 'quick' }).data).toBe('subset')
    expect(settingsFrom({ preset: 'quick', data: 'folder' }).data).toBe('folder')
  })
})

describe('the settings of a run', () => {
  it('are those of the default preset where nothing is said', () => {
    expect(settingsFrom({})).toMatchObject({
      ...presets['default']!.recipe,
      preset: 'default',
      data: 'auto',
      seed: 0,
      backend: 'auto',
      threads: 0,
    })
  })

  it('are overridden by flags, one by one', () => {
    const settings = settingsFrom({ preset: 'lenet-bn', lr: 0.5, epochs: 3, flip: true, seed: 9 })
    expect(settings).toEqual({
      ...settingsFrom({ preset: 'lenet-bn' }),
      lr: 0.5,
      epochs: 3,
      flip: true,
      seed: 9,
    })
  })

  it('drop Nesterov where there is no momentum', () => {
    expect(settingsFrom({ momentum: 0 }).nesterov).toBe(false)
    expect(() => optimiserOf(settingsFrom({ momentum: 0 }))).not.toThrow()
  })

  it.each([
    [{ preset: 'quik' }, 'there is no preset "quik"; did you mean quick?'],
    [{ net: 'cifar-resnet21' }, 'there is no net "cifar-resnet21"; did you mean cifar-resnet20'],
    [{ backend: 'wsam' }, 'there is no backend "wsam"; did you mean wasm?'],
    [{ momentum: 1 }, 'momentum: give a number from 0 and below 1, not 1'],
    [{ smoothing: 2 }, 'smoothing: '],
  ])('refuse %j', (flags, message) => {
    expect(() => settingsFrom(flags)).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringContaining(message) as string }) as Error,
    )
  })

  it('survive JSON, and nothing else is taken for them', () => {
    const settings: Settings = settingsFrom({ preset: 'quick' })
    expect(decodeSettings(JSON.parse(JSON.stringify(settings)))).toEqual(E.right(settings))
    expect(decodeSettings({ ...settings, epochs: 'many' })).toMatchObject({
      left: { message: expect.stringContaining('epochs: ') as string },
    })
    expect(E.isLeft(decodeSettings(undefined))).toBe(true)
  })
})
