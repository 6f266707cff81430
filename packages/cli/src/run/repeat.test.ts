import { describe, expect, it } from 'vitest'
import { repeatCommand, settingFacts } from './repeat.ts'
import { settingsFrom as settings } from './settings.ts'

describe('repeatCommand', () => {
  it('names the preset and what differs from it', () => {
    expect(repeatCommand(settings({ preset: 'quick' }))).toBe('resfn train --preset quick')
    expect(repeatCommand(settings({ preset: 'quick', weightDecay: 0, epochs: 2, flip: false, seed: 7 }))).toBe(
      'resfn train --preset quick --epochs 2 --weight-decay 0 --no-flip --seed 7',
    )
  })

  it('gives words to a shell as they are', () => {
    expect(repeatCommand(settings({ preset: 'quick', data: "my 'images'" }))).toBe(
      String.raw`resfn train --preset quick --data 'my '\''images'\'''`,
    )
  })

  it('gives every flag where the preset is not known', () => {
    const command = repeatCommand({ ...settings({}), preset: 'gone' })
    expect(command).toMatch(/^resfn train --net cifar-resnet20 .*--epochs 10 /)
    expect(command).not.toContain('preset')
  })
})

it('settings are named as the flags are', () => {
  expect(settingFacts(settings({ preset: 'quick' }))).toContainEqual({ name: 'weight-decay', value: '0.0005' })
})
